"""Put the doors together: one application, and what it opens and closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn

from litestar import Litestar, Request
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.types import Message, Method
from litestar.types import Scope as AnyScope

from portal.billing.gateway import close_gateways, warm_gateways
from portal.database import close_database, open_database
from portal.pages import (
    account,
    cancel,
    check,
    contracts,
    data,
    details,
    email,
    erase,
    form_steps,
    history,
    invoices,
    later,
    parts,
    passkey,
    password,
    pause,
    pay,
    picture,
    plan,
    preferences,
    pricing,
    security,
    shipping,
    signin,
    signup,
    status,
    tax_ids,
    welcome,
    withdraw,
)
from portal.pages.fresh import finish_fetching
from portal.pages.onward import lead_to_sign_in
from portal.pages.visitor import SignInFirst
from portal.settings import settings
from portal.web import health
from portal.web.edge import edge
from portal.web.scope import Receive, Scope, Send
from portal.web.templates import name_paths
from portal.webhooks import stripe as stripe_webhooks
from portal.worker import PATIENCE_S, Worker

PAGES: Sequence[Any] = (
    pricing.show_pricing,
    signup.show_signup,
    signup.submit_signup,
    form_steps.open_step,
    form_steps.take_step,
    later.show_later,
    later.show_resume,
    later.use_resume,
    parts.show_address,
    parts.show_order,
    parts.check_one,
    parts.show_inbox,
    status.show_status,
    status.go_on,
    welcome.show_welcome,
    welcome.leave_for_billing,
    welcome.leave_for_bank,
    signin.show_signin,
    signin.submit_signin,
    signin.show_inbox,
    signin.submit_code,
    signin.show_link,
    signin.show_code,
    signin.use_link,
    account.show_account,
    account.leave_for_billing,
    account.sign_out,
    plan.show_plan,
    plan.show_review,
    plan.confirm_review,
    plan.submit_stay,
    pay.show_payment,
    pay.leave_to_pay,
    pause.submit_pause,
    pause.submit_resume,
    cancel.show_cancel,
    cancel.submit_cancel,
    cancel.submit_keep,
    contracts.show_cancel,
    contracts.submit_cancel,
    contracts.show_withdraw,
    contracts.submit_withdraw,
    contracts.show_received,
    contracts.show_confirm,
    contracts.use_confirm,
    withdraw.show_withdrawal,
    withdraw.confirm_withdrawal,
    history.show_history,
    invoices.show_invoices,
    invoices.show_invoice,
    invoices.lead_to_pdf,
    invoices.lead_to_payment,
    check.show_entered,
    check.keep,
    check.clear,
    security.show_security,
    security.end_one,
    security.end_all_others,
    details.show_details,
    details.save_details,
    passkey.use,
    passkey.add,
    passkey.remove,
    password.show_password,
    password.submit_password,
    password.set_own,
    password.remove_own,
    preferences.show_preferences,
    preferences.save_preferences,
    email.show_email,
    email.ask_for_change,
    email.save_billing_email,
    email.show_confirm,
    email.use_confirm,
    email.show_undo,
    email.use_undo,
    shipping.show_shipping,
    shipping.save_shipping,
    shipping.remove_shipping,
    tax_ids.show_tax_ids,
    tax_ids.save,
    tax_ids.remove,
    data.show_data,
    data.download_data,
    erase.show_erase,
    erase.submit_erase,
    erase.submit_stay,
    picture.show_picture,
    picture.save_picture,
    picture.take_away,
    picture.send_picture,
)

METHODS: Sequence[Method] = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Portal:
    """The application as an ASGI server calls it: the doors behind the edge."""

    def __init__(self, doors: Litestar) -> None:
        self.doors = doors
        self._edge = edge(doors)  # type: ignore[arg-type]

    def say_stopping(self) -> None:
        """Let `/readyz` send visitors elsewhere from now on; all that come are answered still."""
        self.doors.state.is_stopping = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._edge(scope, receive, send)


def create_app(*, extra_routes: Sequence[Any] = (), drain_s: float = PATIENCE_S) -> Portal:
    """Make the application; it opens the database, and starts a worker if the settings ask.

    At the end, what the worker has under way gets drain_s seconds to finish.
    """
    doors = Litestar(
        route_handlers=[*PAGES, stripe_webhooks.take_stripe_event, *health.routes, *extra_routes],
        lifespan=[_open],
        exception_handlers={SignInFirst: lead_to_sign_in, Exception: _let_rise},
        before_send=[_tell_methods],
        openapi_config=None,
        logging_config=None,
        state=State({"drain_s": drain_s}),
    )
    name_paths(_paths(doors))
    return Portal(doors)


@asynccontextmanager
async def _open(doors: Litestar) -> AsyncIterator[None]:
    """Open what requests need, and close it again when the last is answered."""
    worker = Worker() if settings().worker else None
    doors.state.worker = worker
    warming: asyncio.Task[None] | None = None
    try:
        await open_database()
        # Beside the first requests: most of them need nothing of it.
        warming = asyncio.create_task(warm_gateways())
        if worker:
            await worker.start()
        yield
    finally:
        if worker:
            await worker.stop(doors.state.drain_s)
        if warming:
            await warming
        await finish_fetching()
        await close_gateways()
        await close_database()


def _let_rise(request: Request[Any, Any, Any], error: Exception) -> NoReturn:
    """Leave every error to the edge, which answers once and for all routes alike."""
    if isinstance(error, MethodNotAllowedException):
        error.headers = {"Allow": _methods_of(request.app, request.scope["path"])}
    raise error


async def _tell_methods(message: Message, scope: AnyScope) -> None:
    """Say in the answer to OPTIONS all that the path takes: Litestar names its first handler's."""
    if scope.get("method") == "OPTIONS" and message["type"] == "http.response.start":
        allowed = _methods_of(scope["litestar_app"], scope["path"])
        MutableScopeHeaders.from_message(message)["Allow"] = allowed


def _methods_of(doors: Litestar, path: str) -> str:
    """Name the methods that a path takes: the router knows, and does not say."""
    taken = []
    for method in METHODS:
        with suppress(HTTPException):
            doors.asgi_router.handle_routing(path=path, method=method)
            taken.append(method)
    return ", ".join(taken)


def _paths(doors: Litestar) -> dict[str, str]:
    return {
        handler.name: route.path_format
        for route in doors.routes
        for handler in getattr(route, "route_handlers", ())
        if handler.name
    }
