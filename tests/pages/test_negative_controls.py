"""Each protection of who may come in is what stops its attack: without it, the attack succeeds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.access import asking, codes, confirm, flows, limits, links, sessions
from portal.access.tables import Flow, Session, SignInRequest
from portal.access.tokens import code_of
from portal.pages import enter, visitor
from portal.sealing import fingerprint
from portal.sites.storefront import Storefront
from portal.web import edge
from tests.databases import ON_SQLITE
from tests.limits import NO_LIMITS
from tests.onboarding.shop import Shop
from tests.pages import attacks
from tests.pages.attacks import Attack, Scene
from tests.pages.browsing import Visitor
from tests.pages.shelves import change_site

pytestmark = ON_SQLITE

SwitchOff = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
async def scene(shop: Shop, ada: Visitor, mallory: Visitor) -> Scene:
    return Scene(await change_site(shop, limits=json.dumps(NO_LIMITS)), ada, mallory)


def flows_of_anybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flows, "_of", lambda _browser: (Flow.ended_at.is_null(),))


def flows_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flows, "LASTS", timedelta(days=365))


def flows_that_outlive_confirming(patch: pytest.MonkeyPatch) -> None:
    async def leave(_customer: str) -> None:
        return None

    patch.setattr(confirm, "end_flows", leave)


def sign_ins_for_ever_recent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sessions, "RECENT", timedelta(days=365))


def links_not_used_up(patch: pytest.MonkeyPatch) -> None:
    async def leave(_request: SignInRequest) -> None:
        return None

    patch.setattr(links, "_take", leave)


def codes_for_any_browser(patch: pytest.MonkeyPatch) -> None:
    async def newest(_site: Storefront, _browser: str) -> SignInRequest | None:
        request = await SignInRequest.objects().first()
        assert request
        theirs = code_of(request.id, request.browser_hash)
        patch.setattr(codes, "code_of", lambda *_: theirs)
        return request

    patch.setattr(codes, "_newest_open", newest)


def tries_not_counted(patch: pytest.MonkeyPatch) -> None:
    async def uncounted(_request: SignInRequest) -> bool:
        return True

    patch.setattr(codes, "_count_try", uncounted)


def sessions_adopted(patch: pytest.MonkeyPatch) -> None:
    async def adopt(
        customer: str, site: str, *, replacing: str | None = None, user_agent: str = ""
    ) -> str:
        cookie, now = replacing or "", clock.now()
        row: Any = {"customer": customer, "site": site, "signed_in_at": now, "seen_at": now}
        await Session.insert(Session(id=fingerprint(cookie), **row))
        return cookie

    patch.setattr(enter, "open_session", adopt)


def posts_from_anywhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(edge, "refuse_foreign", lambda _scope: None)


def any_token(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(visitor, "is_our_token", lambda *_: True)


def no_limits(patch: pytest.MonkeyPatch) -> None:
    async def fits(_key: str, _limit: limits.Limit) -> bool:
        return True

    patch.setattr(limits, "_fits", fits)


def no_limits_in_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(limits.RecentTries, "allow", lambda *_: True)


def one_budget_for_every_mail(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(asking, "_budget", lambda _what_for: "")


def no_browser_is_known(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(links, "is_marked", lambda *_: False)


ATTACKS: list[tuple[Attack, SwitchOff]] = [
    (attacks.follow_her_sign_up, flows_of_anybody),
    (attacks.sign_up_by_her_address, flows_of_anybody),
    (attacks.come_back_too_late, flows_for_ever),
    (attacks.sign_her_up_before_her, flows_that_outlive_confirming),
    (attacks.bill_by_an_old_sign_in, sign_ins_for_ever_recent),
    (attacks.use_her_link_after_her, links_not_used_up),
    (attacks.type_her_code_elsewhere, codes_for_any_browser),
    (attacks.guess_on, tries_not_counted),
    (attacks.plant_a_session, sessions_adopted),
    (attacks.post_from_another_site, posts_from_anywhere),
    (attacks.post_a_form_of_another_browser, any_token),
    (attacks.ask_without_end, no_limits),
    (attacks.bomb_her_inbox, no_limits),
    (attacks.sign_up_without_end, no_limits_in_memory),
    (attacks.flood_the_seller, no_limits),
    (attacks.bury_her_in_declarations, no_limits),
    (attacks.keep_her_from_signing_in, one_budget_for_every_mail),
    (attacks.ask_in_her_place, no_browser_is_known),
    (attacks.look_without_end, no_limits),
    (attacks.be_told_without_end, no_limits),
    (attacks.write_to_strangers_without_end, no_limits),
]


@pytest.mark.parametrize("is_protected", [True, False], ids=["protected", "without"])
@pytest.mark.parametrize(
    ("attack", "switch_off"), ATTACKS, ids=[attack.__name__ for attack, _ in ATTACKS]
)
async def test_the_attack_gets_through_only_without_its_protection(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    attack: Attack,
    switch_off: SwitchOff,
    is_protected: bool,
) -> None:
    if not is_protected:
        switch_off(monkeypatch)

    assert await attack(scene) is not is_protected
