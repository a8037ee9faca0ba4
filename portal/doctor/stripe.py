"""Each company's Stripe: its key, our clock, its billing portal, and the way its events come in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal.billing import stripe_probe
from portal.billing.gateway import gateway_of
from portal.billing.skew import TOLERATED, in_words
from portal.billing.stripe_endpoint import can_reach_us
from portal.billing.stripe_events import NEEDED_EVENTS
from portal.billing.stripe_gateway import StripeGateway
from portal.doctor.finding import Finding, failed, ok, warning
from portal.errors import EffectError, KeyRejected
from portal.redaction import redacted
from portal.settings import settings
from portal.sites.tables import Company

_APPLY = "run `portal apply FILE --yes` with the right PORTAL_STRIPE_KEY"
_TOO_FAR = timedelta(seconds=240)


@dataclass(frozen=True, slots=True)
class Seller:
    """What we keep of a company about Stripe."""

    id: str
    key: str
    account: str | None
    endpoint: str | None
    configuration: str | None
    livemode: bool


async def sellers() -> list[Seller]:
    """Return every company."""
    rows: list[dict[str, Any]] = await Company.select().order_by(Company.key)
    return [
        Seller(
            id=row["id"],
            key=row["key"],
            account=row["stripe_account"],
            endpoint=row["webhook_endpoint"],
            configuration=row["portal_configuration"],
            livemode=row["livemode"],
        )
        for row in rows
    ]


async def look_at_stripe(seller: Seller) -> AsyncIterator[Finding]:
    """Ask Stripe, with the company's own key."""
    try:
        gateway = await gateway_of(seller.id)
        probed = await stripe_probe.probe(gateway)
    except KeyRejected as rejected:
        said = redacted(str(rejected))
        yield failed("Stripe key", f"It is not taken ({said}): {_APPLY}.", seller.key)
        return
    except EffectError as error:
        said = redacted(str(error))
        yield failed(
            "Stripe key", f"Stripe does not answer ({said}): look at it again.", seller.key
        )
        return
    yield _whose(seller, probed)
    yield _permissions(seller, probed)
    yield judge_clock(probed.ahead, seller.key)
    yield await _asked("billing portal", _portal(seller, gateway), seller)
    yield await _asked("webhook endpoint", _endpoint(seller, gateway), seller)


def _whose(seller: Seller, probed: stripe_probe.Probed) -> Finding:
    mode = "live" if seller.livemode else "test"
    if probed.account is None:
        return warning(
            "Stripe key",
            f"It answers in {mode} mode, but may not say whose it is: give it the permission to "
            "read its account, so that a key of another account is noticed.",
            seller.key,
        )
    if seller.account not in (None, probed.account):
        return failed(
            "Stripe key",
            f"It is of {probed.account}, but customers are at {seller.account}: {_APPLY}.",
            seller.key,
        )
    return ok("Stripe key", f"It answers: {probed.account}, {mode} mode.", seller.key)


def _permissions(seller: Seller, probed: stripe_probe.Probed) -> Finding:
    if probed.may_not:
        return failed(
            "Stripe permissions",
            f"The key may not {', '.join(probed.may_not)}: allow it in the Dashboard, under "
            "Developers, API keys.",
            seller.key,
        )
    return ok(
        "Stripe permissions",
        "It may read what we read. That it may write what we write was judged by asking to change "
        "what does not exist.",
        seller.key,
    )


def judge_clock(ahead: timedelta | None, company: str) -> Finding:
    """Say what a clock that is so far ahead of Stripe's means (behind: below zero)."""
    if ahead is None:
        return warning("clock", "Stripe did not tell its time.", company)
    said = in_words(ahead)
    if abs(ahead) > _TOO_FAR:
        return failed(
            "clock", f"{said}: at 300 s every event is refused. Set it, and let NTP run.", company
        )
    if abs(ahead) > TOLERATED:
        return warning("clock", f"{said}: let NTP set it.", company)
    return ok("clock", f"{said}.", company)


async def _portal(seller: Seller, gateway: StripeGateway) -> Finding:
    if seller.configuration is None:
        sentence = "There is no configuration of ours: run `portal apply FILE --yes`."
        return failed("billing portal", sentence, seller.key)
    lets = await stripe_probe.lets_email_change(gateway, seller.configuration)
    if lets is None:
        sentence = f"{seller.configuration} is gone: run `portal apply FILE --yes`."
        return failed("billing portal", sentence, seller.key)
    if lets:
        return warning(
            "billing portal",
            f"{seller.configuration} lets customers change their e-mail, which Stripe does not "
            "verify; nobody signs in by it, but invoices go there. `portal apply` takes it back.",
            seller.key,
        )
    return ok("billing portal", f"{seller.configuration} is as we want it.", seller.key)


async def _endpoint(seller: Seller, gateway: StripeGateway) -> Finding:
    url = f"{settings().base_url}/webhooks/stripe/{seller.key}"
    if seller.endpoint is None:
        if can_reach_us(url, settings().stripe_api):
            sentence = "There is none: run `portal apply FILE --yes`."
            return failed("webhook endpoint", sentence, seller.key)
        return warning(
            "webhook endpoint",
            f"Stripe cannot reach {url}: run `stripe listen --forward-to {url}` and set "
            "PORTAL_STRIPE_WEBHOOK_SECRET.",
            seller.key,
        )
    there = await stripe_probe.find_endpoint_there(gateway, seller.endpoint)
    wrong = "it is gone" if there is None else _wrong_with(there, url)
    if wrong:
        sentence = f"{seller.endpoint}: {wrong}. Run `portal apply FILE --yes`."
        return failed("webhook endpoint", sentence, seller.key)
    return ok("webhook endpoint", f"{seller.endpoint} sends what we need to {url}.", seller.key)


def _wrong_with(there: stripe_probe.EndpointThere, url: str) -> str:
    if not there.enabled:
        return "it is switched off"
    if there.url != url:
        return f"it sends to {there.url} instead of {url}"
    missing = [] if "*" in there.events else [e for e in NEEDED_EVENTS if e not in there.events]
    return f"it does not send {', '.join(missing)}" if missing else ""


async def _asked(check: str, asking: Any, seller: Seller) -> Finding:
    try:
        found: Finding = await asking
    except KeyRejected:
        sentence = "The key may not read it: allow that in the Dashboard, or look there yourself."
        return warning(check, sentence, seller.key)
    except EffectError as error:
        return failed(check, f"Stripe does not answer ({redacted(str(error))}).", seller.key)
    return found
