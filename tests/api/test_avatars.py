"""A customer's picture by the API."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.api.calling import ADA, Program
from tests.customers.pictures import picture
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop


async def test_a_picture_is_kept_shown_and_taken_away(shop: Shop, program: Program) -> None:
    made = (await program.post("/v1/customers", ADA)).json()["id"]
    path = f"/v1/customers/{made}/avatar"

    none = await program.get(path)
    kept = await program.http.put(path, files={"avatar": ("ada.png", picture())})
    shown = await program.get(path)
    gone = [await program.delete(path) for _ in range(2)]

    assert (none.status_code, kept.status_code, shown.status_code) == (404, 200, 200)
    assert kept.json()["avatar"].startswith(path)
    assert shown.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(shown.content)) as drawn:
        assert drawn.size == (256, 256)
    assert [answer.status_code for answer in gone] == [204, 204]
    assert (await program.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ({"avatar": ("a.png", b"no picture")}, 422, "invalid_details"),
        ({"avatar": ("a.png", picture((300, 200)))}, 422, "invalid_details"),
        ({"other": ("a.png", picture())}, 400, "invalid_body"),
        (None, 415, "unsupported_media_type"),
    ],
)
@ON_SQLITE
async def test_what_is_no_picture_is_refused(
    shop: Shop, program: Program, files: dict[str, tuple[str, bytes]] | None, status: int, code: str
) -> None:
    made = (await program.post("/v1/customers", ADA)).json()["id"]
    answer = await program.http.put(f"/v1/customers/{made}/avatar", files=files)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
