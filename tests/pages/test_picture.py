"""A customer's picture: sent without JavaScript, shown to them, and to nobody else."""

from __future__ import annotations

import asyncio
import threading
from io import BytesIO
from zipfile import ZipFile

import httpx
import pytest

from portal.customers import avatar
from portal.customers.tables import Avatar
from portal.database import run_sql
from portal.privacy.export import export
from tests.customers.pictures import picture, upside_down
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.signing_in import customer_at
from tests.people import MALLORY

HERE = "/account/picture"


async def send(visitor: Visitor, sent: bytes, *, name: str = "me.jfif") -> httpx.Response:
    """Choose a file and send the form, as a browser does."""
    typed = forms_of((await visitor.open(HERE)).text)[0].fields
    typed.pop("picture")
    return await visitor.send(HERE, typed, files={"picture": (name, sent, "image/jpeg")})


async def place_of(visitor: Visitor) -> str:
    """Return where the page shows the picture from; "" if it shows none."""
    page = (await visitor.open("/account/details")).text
    return page.split('<img class="avatar" src="')[1].split('"')[0] if "avatar" in page else ""


async def test_it_is_kept_shown_to_her_alone_and_goes_again(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await customer_at(ada)
    await customer_at(mallory, MALLORY)

    saved = await send(ada, upside_down())

    assert saved.headers["location"] == f"{HERE}?saved"
    page = await ada.open(saved.headers["location"])
    assert "Your changes are saved." in page.text
    place = await place_of(ada)
    shown = await ada.open(place)
    (row,) = await Avatar.select()
    assert shown.content == row["image"]
    assert {name: shown.headers[name] for name in (
        "content-type", "cache-control", "x-content-type-options", "cross-origin-resource-policy",
    )} == {
        "content-type": "image/webp", "cache-control": "no-store",
        "x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin",
    }  # fmt: skip
    mine = ZipFile(BytesIO(await export(str(row["customer"]), shop.site.company_id)))
    assert mine.read("picture.webp") == row["image"]
    assert "sandbox" in shown.headers["content-security-policy"]
    assert (await mallory.open(place)).status_code == 404
    mallory.http.cookies.clear()
    assert (await mallory.open(place)).headers["location"] == "/signin"

    await ada.press(page, f"{HERE}/remove")

    assert (await ada.open(place)).status_code == 404
    assert await place_of(ada) == ""
    entries = await run_sql(
        "SELECT fields FROM audit_entry WHERE action = 'customer.details_changed'"
    )
    assert [entry["fields"] for entry in entries] == ['["avatar"]'] * 2
    assert "You changed your details: picture." in (await ada.open("/account/history")).text


@ON_SQLITE
async def test_why_it_is_not_taken_is_said_at_its_field_and_the_old_one_stays(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    await send(ada, picture())
    place = await place_of(ada)

    wide = await send(ada, picture((300, 200)))
    none = await send(ada, b"", name="")
    heavy = await send(ada, bytes(5 * 1024 * 1024))
    too_heavy = await send(ada, bytes(9 * 1024 * 1024))

    assert (wide.status_code, none.status_code, heavy.status_code) == (422, 422, 422)
    assert "it has 300 by 200 pixels" in wide.text
    assert 'aria-invalid="true"' in wide.text
    assert "Choose a picture." in none.text
    assert "at most 4 MB" in heavy.text
    assert too_heavy.status_code == 413
    assert await place_of(ada) == place


@ON_SQLITE
async def test_another_picture_has_another_place_and_is_the_only_one(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    await send(ada, picture())
    first = await place_of(ada)

    await send(ada, picture(mode="L"))

    assert await place_of(ada) != first
    assert (await ada.open(first)).status_code == 404
    assert await Avatar.count() == 1


@ON_SQLITE
async def test_what_is_no_form_of_ours_changes_nothing(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await customer_at(ada)
    sent = {"picture": ("me.png", picture(), "image/png")}

    stale = await ada.send(HERE, {"token": "of yesterday"}, files=sent)
    plain = await ada.send(HERE, {"picture": "me.png"})
    broken = await ada.http.post(
        HERE, content=b"--x\r\nno", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    bare = await ada.http.post(HERE, content=b"me", headers={"content-type": "multipart/form-data"})
    stranger = await mallory.send(HERE, {"token": ""}, files=sent)

    assert [answer.status_code for answer in (stale, plain, broken, bare)] == [403, 400, 400, 400]
    assert stranger.headers["location"] == "/signin"
    assert await Avatar.count() == 0


@ON_SQLITE
async def test_when_many_pictures_wait_the_next_is_asked_to_come_back(
    shop: Shop, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await customer_at(ada)
    monkeypatch.setattr(avatar, "MOST_WAITING", 1)

    answers = await asyncio.gather(
        send(ada, picture((1500, 1500))), send(ada, picture((1500, 1500)))
    )

    assert sorted(answer.status_code for answer in answers) == [303, 429]


@ON_SQLITE
@pytest.mark.parametrize("is_limited", [True, False])
async def test_nobody_takes_more_than_one_place_in_the_line(
    database: str, monkeypatch: pytest.MonkeyPatch, is_limited: bool
) -> None:
    monkeypatch.setattr(avatar, "_waiting", set() if is_limited else Crowd())
    gate = threading.Event()
    avatar._thread().submit(gate.wait)
    drawings = [
        asyncio.create_task(avatar.keep_avatar(customer, "comp_1", picture()))
        for customer in ("cust_mallory", "cust_mallory", "cust_ada")
    ]
    # Each comes as far as the line without a pause.
    await asyncio.sleep(0)

    turned_away = [drawing.done() for drawing in drawings]

    gate.set()
    await asyncio.gather(*drawings, return_exceptions=True)
    assert turned_away == [False, is_limited, False]


class Crowd(set[str]):
    """A line that does not look at who stands in it."""

    def __contains__(self, _: object) -> bool:
        return False


@ON_SQLITE
async def test_who_sends_pictures_without_end_is_told_when_to_go_on(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)

    answers = [await send(ada, b"") for _ in range(16)]

    assert [answer.status_code for answer in answers] == [422] * 15 + [429]
    assert "You can go on in " in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 60
