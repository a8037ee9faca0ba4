"""What every answer carries, whoever asks for whatever."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import AsyncIterator
from itertools import product

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from litestar import get, post

from portal.app import Portal, create_app
from portal.customers.tables import Customer
from portal.errors import DatabaseBusy
from portal.pages import signup
from portal.plans.offers import forget_offers
from portal.settings import configure
from portal.sites import storefront
from portal.sites.storefront import Storefront, forget_sites
from portal.web.answers import PageRequest
from portal.web.scope import Message
from portal.web.static import static_files, static_url
from tests.chaos.raw import Asked, ask
from tests.onboarding.shop import Shop
from tests.pages.browsing import ORIGIN, Visitor, browser_at, forms_of
from tests.pages.shelves import change_site
from tests.people import ADA

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
PROGRAMS = ("/v1/", "/compat/")
EXEMPT = ("/webhooks/", *PROGRAMS)


@get("/broken", name="broken")
async def break_down(request: PageRequest) -> str:
    """Fail as no code of ours means to."""
    raise RuntimeError("the secret inside")


@pytest.fixture
async def broken(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A portal of which one page is broken."""
    async with browser_at(create_app(extra_routes=[break_down])) as http:
        yield http


def routes_of(portal: Portal) -> list[tuple[str, str]]:
    """List every method and path of the application, paths filled in."""
    return [
        (method, path)
        for route in portal.doors.routes
        for path in [_filled(route.path)]
        for handler in getattr(route, "route_handlers", ())
        for method in sorted(handler.http_methods)
        if method != "OPTIONS"
    ]


def _filled(path: str) -> str:
    """Fill in a path: a step that there is, and "x" for whatever else it leaves open."""
    known = path.replace("{step:str}", "contact")
    return "/".join("x" if part.startswith("{") else part for part in known.split("/"))


async def test_every_answer_of_every_route_carries_the_headers(
    portal: Portal, ada: Visitor
) -> None:
    routes = routes_of(portal)
    asked = [
        *routes,
        ("GET", "/nowhere"),
        ("DELETE", "/signup"),
        ("POST", "/"),
        ("GET", "/static/x"),
    ]
    asked += [("GET", static_url("portal.css")), ("HEAD", "/"), ("OPTIONS", "/")]

    for method, path in asked:
        answer = await ada.http.request(method, path)
        headers = answer.headers
        assert answer.status_code < 500, (method, path)
        assert headers["x-content-type-options"] == "nosniff", (method, path)
        assert "frame-ancestors 'none'" in headers["content-security-policy"], (method, path)
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
        assert headers["referrer-policy"] in ("same-origin", "no-referrer")
        assert headers["cache-control"], (method, path)
        assert headers["request-id"].startswith("req_")
        assert "strict-transport-security" not in headers
        for header in ("content-security-policy", "cache-control", "referrer-policy"):
            assert len(headers.get_list(header)) == 1, (method, path, header)
    assert len(routes) > 20


async def test_https_is_kept_for_a_year(shop: Shop) -> None:
    configure(base_url="https://portal.example")
    async with browser_at(create_app()) as http:
        answer = await http.get("/signin")

    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert answer.headers["set-cookie"].startswith("__Host-flow=")
    assert answer.headers["set-cookie"].endswith("HttpOnly; SameSite=Lax; Secure")


async def test_only_what_back_must_find_is_kept(ada: Visitor) -> None:
    for path, kept in (
        ("/", "private, no-cache"), ("/signup?plan=studio", "private, no-cache"),
        ("/signin", "no-store"), ("/account", "no-store"), ("/welcome", "no-store"),
        ("/signup/check-inbox", "no-store"), ("/nowhere", "no-store"),
    ):  # fmt: skip
        assert (await ada.open(path)).headers["cache-control"] == kept, path


async def test_a_broken_page_is_said_plainly_and_logged_once(
    broken: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = await broken.get("/broken", headers={"request-id": "req_given_12345"})

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "secret inside" not in answer.text
    assert "req_given_12345" in answer.text
    assert answer.headers["request-id"] == "req_given_12345"
    assert len([line for line in caplog.records if "req_given_12345" in line.getMessage()]) == 1


async def test_htmx_gets_what_went_wrong_on_top_of_the_page(broken: httpx.AsyncClient) -> None:
    answer = await broken.get("/broken", headers={"hx-request": "true"})

    assert answer.headers["hx-retarget"] == "#problem"
    assert answer.headers["hx-reswap"] == "innerHTML"
    assert "<html" not in answer.text


async def test_a_program_gets_it_as_a_problem(broken: httpx.AsyncClient) -> None:
    answer = await broken.get("/broken", headers={"accept": "application/json"})
    problem = answer.json()

    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["code"]) == (500, "internal")
    assert problem["request_id"] == answer.headers["request-id"]


async def test_a_request_id_that_is_none_is_not_taken_over(ada: Visitor) -> None:
    for sent in ["x", "a" * 61, 'req"><script>', "req_1234567\t"]:
        answer = await ada.open("/signin", headers={"request-id": sent})
        assert answer.headers["request-id"] != sent


async def test_an_unknown_method_says_which_there_are(ada: Visitor) -> None:
    answer = await ada.http.delete("/signup")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST, OPTIONS"
    assert "<h1>" in answer.text


async def test_asked_for_its_methods_a_path_names_them_all(ada: Visitor) -> None:
    for path, all_of_them in (("/signup", "GET, POST, OPTIONS"), ("/signout", "POST, OPTIONS")):
        answer = await ada.http.options(path)

        assert answer.status_code == 204
        assert answer.headers.get_list("allow") == [all_of_them]
    assert (await ada.http.options("/nowhere")).status_code == 404


async def test_no_database_is_a_page_that_says_try_again(
    ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none() -> tuple[Storefront, ...]:
        raise DatabaseBusy("It is gone.")

    monkeypatch.setattr(storefront, "_read", none)
    forget_sites()
    forget_offers()

    answer = await ada.open("/")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "<h1>We cannot do that just now</h1>" in answer.text
    assert "Try again" in answer.text
    assert "It is gone" not in answer.text


# Requests that another site makes a browser send

FOREIGN = [
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "x"},
    {"sec-fetch-site": "", "origin": "https://evil.example"}, {"sec-fetch-site": ""},
    {"sec-fetch-site": "", "origin": "null"}, {"sec-fetch-site": "cross-site", "origin": ORIGIN},
    {"sec-fetch-site": "", "origin": ORIGIN + ".evil.example"},
    {"sec-fetch-site": "", "origin": ORIGIN, "host": "evil.example", "x-forwarded-host": "x"},
]  # fmt: skip


async def test_no_unsafe_route_takes_a_foreign_request(portal: Portal, ada: Visitor) -> None:
    unsafe = [path for method, path in routes_of(portal) if method in UNSAFE]

    for path in [path for path in unsafe if not path.startswith(EXEMPT)]:
        typed = await ada.fill("/signup?plan=studio", ADA)
        for headers in FOREIGN[:-1]:
            answer = await ada.send(path, typed, headers=headers)
            assert answer.status_code == 403, (path, headers)
        plain = await ada.send(path, {}, headers={"content-type": "text/plain"})
        assert plain.status_code in (400, 404) or plain.headers["location"] == "/signin"
        assert (await ada.http.request("PUT", path, data=typed)).status_code == 405
    assert await Customer.count() == 0
    assert len(unsafe) >= 9


async def test_no_cookie_opens_what_programs_ask_for(portal: Portal, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    routes = [(method, path) for method, path in routes_of(portal) if path.startswith(PROGRAMS)]

    for method, path in routes:
        answer = await ada.http.request(method, path)
        assert answer.status_code == 401, path
    assert routes


@post("/new", name="new")
async def be_new(request: PageRequest) -> None:
    """Be a route that nobody thought of."""


async def test_a_new_route_is_guarded_without_its_doing(shop: Shop) -> None:
    async with browser_at(create_app(extra_routes=[be_new])) as http:
        for headers in FOREIGN[:-1]:
            assert (await http.post("/new", headers=headers)).status_code == 403
        assert (await http.post("/new")).status_code == 201


async def test_no_unsafe_route_but_checks_goes_without_its_token(
    portal: Portal, ada: Visitor
) -> None:
    await ada.open("/signin")
    harmless = ("/signup/field/x", "/signup/address", "/signup/order")

    for method, path in routes_of(portal):
        if method in UNSAFE and not path.startswith((*EXEMPT, *harmless)):
            answer = await ada.send(path, ADA | {"email": "a@b.example", "code": "1"})
            # Forms of the account that keep what was typed ask who it is before they look at it.
            asked_who = path.startswith("/account") and answer.headers.get("location") == "/signin"
            assert answer.status_code == 403 or asked_who, path


async def test_our_own_pages_requests_pass(ada: Visitor) -> None:
    typed = await ada.fill("/signin", {"email": "ada@example.com"})

    for headers in (
        {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"},
        {"sec-fetch-site": "", "origin": ORIGIN},
    ):  # fmt: skip
        assert (await ada.send("/signin", typed, headers=headers)).status_code == 303


async def test_a_spoofed_host_changes_no_link(ada: Visitor) -> None:
    spoofed = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    answer = await ada.open("/signup?plan=studio", headers=spoofed)

    assert "evil.example" not in answer.text


async def test_a_site_s_own_host_is_ours_too(ada: Visitor) -> None:
    host = {"host": "us.acme.example", "sec-fetch-site": "", "origin": "http://us.acme.example"}

    assert (await ada.send("/signin", {"email": ""}, headers=host)).status_code == 403
    typed = await ada.fill("/signin?site=america", {"email": "a@example.com"})
    assert (await ada.send("/signin", typed, headers=host)).status_code == 303


# Bodies


async def test_a_length_that_no_number_holds_is_too_large(portal: Portal) -> None:
    for length in (b"9" * 30, b"9" * 5000, b"-1", b"x", b"0x10"):
        answer = await ask(portal, form_of(b"email=ada", (b"content-length", length)))

        assert answer.status == 413


async def test_a_body_that_breaks_off_is_no_fault_of_ours(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (b"/signup", b"/webhooks/stripe/acme"):
        broken = form_of(b"email=ada")
        broken.path, broken.breaks_off = path, True

        assert (await ask(portal, broken)).status == 400

    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_head_leaves_the_servers_own_scope_alone(portal: Portal) -> None:
    scope = Asked("HEAD", b"/").scope()
    told = []

    async def send(message: Message) -> None:
        told.append(message)

    await portal(scope, _nothing_more, send)

    assert scope["method"] == "HEAD"
    assert [message.get("body", b"") for message in told[1:]] == [b""]


def form_of(body: bytes, *more: tuple[bytes, bytes]) -> Asked:
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    return Asked("POST", b"/signup", [kind, (b"sec-fetch-site", b"same-origin"), *more], body)


async def _nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_a_body_that_is_too_large_is_refused(ada: Visitor) -> None:
    said = await ada.send("/signup", {"email": "x" * 70_000})
    hidden = await ada.http.post("/signup", content=_drops(70), headers={
        "content-type": "application/x-www-form-urlencoded"
    })  # fmt: skip

    assert (said.status_code, hidden.status_code) == (413, 413)
    assert "<h1>" in said.text


async def _drops(kilobytes: int) -> AsyncIterator[bytes]:
    for _ in range(kilobytes):
        yield b"x" * 1024


async def test_a_body_that_makes_no_sense_is_no_error_of_ours(ada: Visitor) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    many = b"&".join(b"a=1" for _ in range(200))
    for body in [b"%", b"=&=&", many, b"\xff\xfe=\x00", b"a=%ff%00"]:
        answer = await ada.http.post("/signup?plan=studio", content=body, headers=form)
        assert answer.status_code in (400, 403)


_TEXT = st.text(max_size=60) | st.sampled_from(["DE", "US", "studio", "' OR 1=1--", "{{7*7}}"])
_NAMES = [*ADA, "plan", "interval", "currency", "site", "coupon", "token", "terms", "website",
          "tax_id", "refresh", "line3", "email_marketing"]  # fmt: skip


@examples(max_examples=150, suppress_health_check=list(HealthCheck))
@given(typed=st.dictionaries(st.sampled_from(_NAMES), _TEXT), keeps=st.booleans())
async def test_no_form_breaks_us(shop_portal: Visitor, typed: dict[str, str], keeps: bool) -> None:
    base = await shop_portal.fill("/signup?plan=studio", ADA) if keeps else {}
    for path in ("/signup", "/signup/field/email"):
        answer = await shop_portal.send(path, {**base, **typed, "refresh": "x"})
        assert answer.status_code < 500, answer.text
    answer = await shop_portal.send("/signup", {**base, **typed})
    assert answer.status_code in (200, 303, 400, 403, 404, 422), answer.text


@pytest.fixture
async def shop_portal(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visitor]:
    """A browser at a portal without a worker, and without a wait for one."""
    monkeypatch.setattr(signup, "PATIENCE_S", 0.0)
    await change_site(shop, limits='{"sign_ups_per_minute": 100, "checks_per_minute": 100000}')
    async with browser_at(create_app()) as http:
        yield Visitor(http)


# Files


async def test_a_static_file_is_kept_for_ever_under_its_hash(ada: Visitor) -> None:
    answer = await ada.open(static_url("portal.css"))
    plain = await ada.open("/static/portal.css", headers={"accept-encoding": "identity"})
    kept = {"if-none-match": answer.headers["etag"]}

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert plain.headers["cache-control"] == "public, no-cache"
    assert plain.text == answer.text
    assert (await ada.open("/static/portal.css", headers=kept)).status_code == 304
    assert "set-cookie" not in answer.headers


async def test_nothing_but_static_files_is_served_as_such(ada: Visitor) -> None:
    for name in ["../pyproject.toml", "%2e%2e/portal.css", "x", "", "tokens.css/"]:
        assert (await ada.open(f"/static/{name}")).status_code == 404


async def test_a_site_s_colour_is_a_sheet_of_its_own(ada: Visitor) -> None:
    page = await ada.open("/")
    address = page.text.partition("/brand/")[2].partition('"')[0]
    sheet = await ada.open(f"/brand/{address}")

    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["cache-control"]
    assert "#3b5bdb" in sheet.text
    assert (await ada.open("/brand/site_9.css")).status_code == 404


async def test_every_page_is_within_its_budget(ada: Visitor) -> None:
    static = {name: len(file.packed or file.body) for name, file in static_files().items()}
    budgets = {"/": 20_000, "/signup?plan=studio&coupon=X": 25_000, "/signin": 35_000}

    for path, most in budgets.items():
        page = await ada.open(path)
        used = [name for name in static if f"/static/{name}?" in page.text]
        assert len(gzip.compress(page.content)) + sum(static[name] for name in used) <= most
        assert page.headers["content-encoding"] == "gzip"


async def test_health_and_readiness_are_json(ada: Visitor) -> None:
    health, ready = await ada.open("/healthz"), await ada.open("/readyz")

    assert json.loads(health.text) == {"status": "ok"}
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": True, "schema": True, "worker": True}


async def test_no_address_leads_away(ada: Visitor) -> None:
    away = ("//evil.example", "/\\evil.example", "https://evil.example", "/%2f%2fevil.example")
    names = ("next", "return_to", "return_url", "onboarding", "url", "again")
    for path, name, wanted in product(("/welcome", "/signup", "/account", "/signin"), names, away):
        answer = await ada.open(path, params={name: wanted})
        assert answer.headers.get("location", "/").startswith("/sign") or answer.status_code == 200
        assert all(form.action.startswith("/") for form in forms_of(answer.text))
