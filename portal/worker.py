"""The loop that does what we owe: claim, run, save. Every process may run one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Coroutine, Sequence
from contextvars import Context
from typing import Any

from portal.access.email_change import SEND_EMAIL_CHANGE, SEND_EMAIL_CHANGED
from portal.access.email_letters import send_to_former, send_to_new
from portal.access.links import SEND_SIGN_IN
from portal.access.notice import SEND_SECURITY_NOTICE, send_security_notice
from portal.access.resume import SEND_RESUME, send_resume
from portal.access.send import send_sign_in
from portal.billing.gateway import companies_answered_again, held_companies
from portal.billing.inbox import ClaimedObject, claim_events, is_any_event_due
from portal.billing.inbox import release as release_event
from portal.customers import at_stripe, tax_ids_at_stripe
from portal.customers.erased import ERASE_CUSTOMER
from portal.database import transaction
from portal.errors import DatabaseBusy
from portal.ids import new_id
from portal.onboarding import steps
from portal.onboarding.welcome_mail import SEND_WELCOME, send_welcome
from portal.operations.carry_out import carry_out
from portal.operations.claim import Lanes, bring_forward, claim, is_any_due
from portal.operations.head_start import close_workplace, open_workplace
from portal.operations.save import release
from portal.operations.step import Claimed, Step
from portal.operations.wake import WORK, listening, wake
from portal.privacy.abandoned import CHECK_ABANDONED
from portal.privacy.erase import erase_customer
from portal.privacy.erasure import SEND_ERASURE
from portal.privacy.erasure_mail import send_erasure
from portal.privacy.remove import check_abandoned
from portal.reconciliation.surplus import REMOVE_SURPLUS, remove_surplus
from portal.subscriptions import cancel, mails_owed, pause, payment, plan_mails, switch, withdraw
from portal.subscriptions.by_hand import SEND_BY_HAND, send_by_hand
from portal.subscriptions.change_mail import SEND_CHANGE, send_change
from portal.subscriptions.declared_mails import (
    SEND_DECLARATION,
    SEND_DECLARATIONS,
    send_declaration,
    send_declarations,
)
from portal.subscriptions.heard import handle
from portal.upkeep import Upkeep

AT_ONCE = 88
"""Operations and events under way together, of which those at Stripe leave some room to others."""
AT_ONCE_AT_STRIPE = 64
PATIENCE_S = 20.0
STALE_S = 30.0
_LOOK_EVERY_S = 0.5
_AFTER_ERROR_S = 1.0

# The one map from an operation's kind to what runs it.
STEPS: dict[str, Step] = {
    steps.CREATE_CUSTOMER: steps.create_customer,
    steps.CREATE_SUBSCRIPTION: steps.create_subscription,
    at_stripe.UPDATE_CUSTOMER: at_stripe.update_customer,
    tax_ids_at_stripe.SET_TAX_ID: tax_ids_at_stripe.set_tax_id,
    tax_ids_at_stripe.CHANGE_TAX_ID: tax_ids_at_stripe.change_tax_id,
    payment.PAY_INVOICE: payment.pay_invoice,
    payment.RESUME_SUBSCRIPTION: payment.resume_subscription,
    cancel.CANCEL_PLAN: cancel.cancel_step,
    cancel.KEEP_PLAN: cancel.keep_step,
    switch.SWITCH_PLAN: switch.switch_step,
    switch.PLAN_SWITCH: switch.plan_step,
    switch.STAY_ON_PLAN: switch.stay_step,
    withdraw.WITHDRAW_PLAN: withdraw.withdraw_step,
    pause.PAUSE_PLAN: pause.pause_step,
    pause.RESUME_PLAN: pause.resume_step,
    REMOVE_SURPLUS: remove_surplus,
    ERASE_CUSTOMER: erase_customer,
    CHECK_ABANDONED: check_abandoned,
    SEND_SIGN_IN: send_sign_in,
    SEND_ERASURE: send_erasure,
    SEND_WELCOME: send_welcome,
    SEND_CHANGE: send_change,
    SEND_BY_HAND: send_by_hand,
    SEND_RESUME: send_resume,
    SEND_DECLARATION: send_declaration,
    SEND_DECLARATIONS: send_declarations,
    mails_owed.SEND_PAYMENT_FAILED: plan_mails.send_payment_failed,
    mails_owed.SEND_PLAN_ENDED: plan_mails.send_plan_ended,
    mails_owed.SEND_PLAN_PAUSED: plan_mails.send_plan_paused,
    mails_owed.SEND_TRIAL_ENDING: plan_mails.send_trial_ending,
    mails_owed.SEND_CARD_EXPIRING: plan_mails.send_card_expiring,
    SEND_SECURITY_NOTICE: send_security_notice,
    SEND_EMAIL_CHANGE: send_to_new,
    SEND_EMAIL_CHANGED: send_to_former,
}

log = logging.getLogger(__name__)


class Worker:
    """One process's worker: up to AT_ONCE operations and events under way together."""

    def __init__(self) -> None:
        self.last_round_at = time.monotonic()
        self._is_stopping = False
        self._begun = 0
        self._loop: asyncio.Task[None] | None = None
        self._upkeep = Upkeep()
        self._under_way: dict[asyncio.Task[None], Claimed | ClaimedObject] = {}

    @property
    def is_alive(self) -> bool:
        """Tell whether a round has ended lately: what readiness asks."""
        return time.monotonic() - self.last_round_at < STALE_S

    async def start(self) -> None:
        """Begin to work, beside whoever calls."""
        self._is_stopping = False
        self._loop = asyncio.create_task(self._keep_going(), context=Context())
        open_workplace(self)

    async def stop(self, patience_s: float = PATIENCE_S) -> None:
        """Claim nothing more, let what is under way end, and give back the leases of the rest."""
        self._is_stopping = True
        close_workplace(self)
        wake()
        until = time.monotonic() + patience_s
        await self._upkeep.stop()
        if self._loop:
            await _end([self._loop], until)
            self._loop = None
            await self._upkeep.say_goodbye()
        late = dict(self._under_way)
        await _end(late, until)
        for task, taken in late.items():
            if task.cancelled():
                await _give_back(taken)

    async def run_until_idle(self) -> None:
        """Work until nothing is due: for tests, and for commands that end."""
        self._is_stopping = False
        is_idle = False
        while not is_idle:
            # What ends while a round looks may owe what that round no longer sees.
            was_idle, begun = not self._under_way, self._begun
            await self._round()
            is_idle = was_idle and begun == self._begun
            if self._under_way:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    async def _keep_going(self) -> None:
        with listening(WORK) as news:
            while not self._is_stopping:
                # A task and a context of its own: a round that dies takes nothing along.
                is_full = await asyncio.create_task(self._safe_round(), context=Context())
                self.last_round_at = time.monotonic()
                if not is_full:
                    await news.heard(_LOOK_EVERY_S)

    async def _safe_round(self) -> bool:
        """Run a round, whatever happens; True when there may be more to claim at once."""
        try:
            await self._upkeep.do_what_is_due()
            return await self._round() >= AT_ONCE
        except DatabaseBusy as busy:
            log.warning("worker.database_busy %s", busy)
        except Exception:
            log.exception("worker.round_failed")
        await asyncio.sleep(_AFTER_ERROR_S)
        return False

    async def _round(self) -> int:
        """Claim what there is room for, and start it; tell how much is under way by then."""
        if len(self._under_way) >= AT_ONCE:
            await asyncio.wait(
                self._under_way, timeout=_LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED
            )
        for company in companies_answered_again():
            await bring_forward(company)
        token = new_id("lease")
        await self._claim(Lanes.OTHERS, token, self._room(), ())
        await self._claim(Lanes.STRIPE, token, self._room_at_stripe(), held_companies())
        if (room := self._room()) > 0 and await is_any_event_due():
            for event in await claim_events(room, token):
                self._start(handle(event), event)
        return len(self._under_way)

    async def _claim(self, lanes: Lanes, token: str, room: int, held: Sequence[str]) -> None:
        if room > 0 and await is_any_due(lanes, but_not_of=held):
            for op in await claim(room, token, lanes, but_not_of=held):
                self.begin(op)

    def _room(self) -> int:
        return AT_ONCE - len(self._under_way)

    def _room_at_stripe(self) -> int:
        taken = self._under_way.values()
        there = sum(isinstance(each, Claimed) and each.is_at_stripe for each in taken)
        return min(self._room(), AT_ONCE_AT_STRIPE - there)

    def has_room(self, company: str) -> bool:
        """Tell whether one more operation of this company could begin at Stripe now."""
        return self._room_at_stripe() > 0 and company not in held_companies()

    def begin(self, op: Claimed) -> None:
        """Run an operation whose lease is held, beside the others."""
        self._start(self._run(op), op)

    async def _run(self, op: Claimed) -> None:
        following = await carry_out(op, STEPS, goes_on=lambda: not self._is_stopping)
        if following:
            self.begin(following)

    def _start(self, work: Coroutine[Any, Any, None], taken: Claimed | ClaimedObject) -> None:
        task = asyncio.create_task(work, context=Context())
        self._begun += 1
        self._under_way[task] = taken
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        was_full = self._room_at_stripe() <= 0
        del self._under_way[task]
        if not task.cancelled() and task.exception():
            log.error("worker.unsaved: the lease will end", exc_info=task.exception())
        if was_full:
            wake()


async def _end(tasks: Collection[asyncio.Task[None]], until: float) -> None:
    """Wait for tasks to end; cancel those that do not in time."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=max(0.0, until - time.monotonic()))
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late)


async def _give_back(taken: Claimed | ClaimedObject) -> None:
    try:
        async with transaction():
            await (release(taken) if isinstance(taken, Claimed) else release_event(taken))
    except DatabaseBusy:
        log.warning("worker.lease_kept lease=%s: it runs out by itself", taken.lease_token)
