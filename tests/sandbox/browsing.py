"""What a person does on the hosted pages, without a browser: opens them, types, and sends forms."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx

CARD = {"expiry": "12 / 34", "cvc": "123", "name": "Ada Lovelace"}
GOOD, REFUSED, FAILS = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 0341"
ASKS_ONCE, ASKS_ALWAYS = "4000 0025 0000 3155", "4000 0027 6000 3184"
BACK = "https://shop.example/welcome"

_INPUT = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_ACTION = re.compile(r'<form[^>]* action="([^"]*)"')


def path_of(url: str) -> str:
    """Give the path of an address."""
    return urlsplit(url).path


def words(answer: httpx.Response) -> str:
    """Give a page's words as a person reads them."""
    text = re.sub(r"<[^>]*>", " ", answer.text)
    return " ".join(unescape(text).split())


def hidden(answer: httpx.Response) -> dict[str, str]:
    """Give what a page's forms send without being asked."""
    return {name: unescape(value) for name, value in _INPUT.findall(answer.text)}


def action(answer: httpx.Response) -> str:
    """Give where a page's first form is sent."""
    found = _ACTION.search(answer.text)
    assert found, answer.text
    return unescape(found[1])


async def open_portal(api: Any, customer: str, **more: Any) -> str:
    """Open the billing portal; give the session's address."""
    given = {"customer": customer, "return_url": BACK, **more}
    return path_of((await api.billing_portal.sessions.create_async(given)).url)


async def open_flow(api: Any, customer: str, **more: Any) -> str:
    """Open the billing portal to add a card, as the signing-up portal does."""
    back = {"type": "redirect", "redirect": {"return_url": BACK}}
    flow = {"type": "payment_method_update", "after_completion": back}
    return await open_portal(api, customer, flow_data=flow, **more)


async def send_card(
    browser: httpx.AsyncClient, session: str, number: str, **more: str
) -> httpx.Response:
    """Type a card into a session's form and send it."""
    form = await browser.get(session if "/i/" in session else f"{session}/card")
    typed = {**hidden(form), **CARD, "number": number, **more}
    return await browser.post(f"{session}/card", data=typed)


async def types_of(api: Any) -> list[str]:
    """Give the types of all events, oldest first."""
    found = await api.events.list_async({"limit": 100})
    return [event.type for event in reversed(found.data)]


async def default_card(api: Any, customer: str) -> Any:
    """Give the card that a customer's invoices are charged to, or None."""
    found = await api.customers.retrieve_async(
        customer, {"expand": ["invoice_settings.default_payment_method"]}
    )
    return found.invoice_settings.default_payment_method
