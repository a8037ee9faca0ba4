"""A story with a canary in every place: values found nowhere else, and all that was answered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx

from portal.database import run_sql
from portal.settings import settings
from tests.billing.signing import body_of, signed
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, forms_of
from tests.pages.mails import code_in, link_in, mail_to
from tests.pages.members import add_card
from tests.people import MALLORY

ADA = {
    "email": "quibblewick@canary.example",
    "first_name": "Quillifer",
    "last_name": "Vantongeren",
    "organisation": "Zybbelinth Works",
    "phone": "+44 20 7946 0123",
    "country": "GB",
    "line1": "77 Wrenlock Passage",
    "line2": "Tower Yoxall",
    "city": "Mirthwick",
    "state": "",
    "postal_code": "SW1Y 4JH",
}
CARD = "4242424242424242"
WEBHOOK_SECRET = "whsec_canarywhsecret77"
TO_STRIPE = re.compile(r"/p/session/([\w-]+)")
GUESSED = (
    "/", "/signup", "/signup?plan=studio", "/signin", "/signin/check", "/welcome", "/account",
    "/account/details", "/account/plan", "/account/invoices", "/account/history",
    "/account/security", "/healthz", "/readyz", "/nothing/here",
)  # fmt: skip


@dataclass
class Heard:
    """All that one browser was answered."""

    answers: list[httpx.Response] = field(default_factory=list)

    async def note(self, answer: httpx.Response) -> None:
        """Keep an answer, read to its end."""
        await answer.aread()
        self.answers.append(answer)

    @property
    def pages(self) -> str:
        """Return what was answered, headers and all."""
        return "\n".join(f"{each.headers}\n{each.text}" for each in self.answers)

    @property
    def led_to(self) -> list[str]:
        """Return where it was led."""
        return [each.headers["location"] for each in self.answers if "location" in each.headers]


@dataclass
class Scene:
    """Ada and Mallory before the shop, and what opens Ada's doors."""

    shop: Shop
    ada: Visitor
    mallory: Visitor
    hers: Heard = field(default_factory=Heard)
    others: Heard = field(default_factory=Heard)
    secrets: dict[str, str] = field(default_factory=dict)


async def ada_does_everything(scene: Scene) -> None:
    """Have her sign up, sign in by link and by code, look at all that is hers, and be billed."""
    shop, ada, keep = scene.shop, scene.ada, scene.secrets
    shown = await ada.fill("/signup?plan=studio", ADA | {"card_number": CARD, "cvc": "917"})
    keep["form token"] = shown["token"]
    answer = await ada.send("/signup", shown)
    onboarding = (await run_sql("SELECT id FROM onboarding"))[0]["id"]
    await ada.open(f"/welcome?onboarding={onboarding}")
    _keep_cookies(scene, "first")
    await add_card(shop)
    await ada.send("/signin", await ada.fill("/signin", {"email": ADA["email"]}))
    mail = await mail_to(ADA["email"])
    keep["link"] = link_in(mail).rpartition("/")[2]
    keep["code"] = re.sub(r"\D", "", code_in(mail))
    await ada.press(await ada.open(link_in(mail)), "")
    _keep_cookies(scene, "second")
    for path in GUESSED:
        await ada.open(path)
    answer = await ada.press(await ada.open("/account"), "/account/billing")
    assert TO_STRIPE.search(answer.headers["location"])
    for url in scene.hers.led_to:
        if session := TO_STRIPE.search(url):
            keep[f"portal session {len(keep)}"] = session[1]
    event = body_of(data={"object": {"id": "sub_1", "number": CARD, "name": ADA["first_name"]}})
    headers = {"stripe-signature": signed(event, WEBHOOK_SECRET)}
    told = await ada.http.post("/webhooks/stripe/acme", content=event, headers=headers)
    assert told.status_code == 200
    keep |= {
        "card": CARD,
        "webhook secret": WEBHOOK_SECRET,
        "key": shop.stripe.key,
        "secret": settings().secret.get_secret_value(),
    }


async def mallory_looks_everywhere(scene: Scene) -> None:
    """Have her sign up and in as herself, with Ada's address, and open whatever can be guessed."""
    mallory = scene.mallory
    onboarding = (await run_sql("SELECT id FROM onboarding ORDER BY created_at"))[0]["id"]
    hers = f"/signup/status/{onboarding}", f"/welcome?onboarding={onboarding}"
    await mallory.sign_up(MALLORY | {"email": ADA["email"]})
    await mallory.send("/signin", await mallory.fill("/signin", {"email": ADA["email"]}))
    for path in (*GUESSED, *hers):
        await mallory.open(path)
        await mallory.open(path, headers=HTMX)
        await mallory.open(path, headers={"accept": "application/json"})
    token = forms_of((await mallory.open("/signin")).text)[0].fields
    await mallory.send(f"/signup/status/{onboarding}/continue", token)
    await mallory.send(f"/welcome/billing?onboarding={onboarding}", token)


def _keep_cookies(scene: Scene, when: str) -> None:
    for cookie in scene.ada.http.cookies.jar:
        scene.secrets[f"cookie {cookie.name} {when}"] = str(cookie.value)
