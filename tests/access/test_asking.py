"""Who asks for mails of one kind, in whoever's name, keeps none of another kind from coming."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.access.asking import (
    TO_CHANGE,
    TO_RESUME,
    TO_SIGN_IN,
    TO_SIGN_IN_AGAIN,
    is_marked,
    mark_of,
    may_mail,
)
from portal.customers.email import normalize_email
from portal.errors import TooMany
from portal.sites.storefront import Storefront
from tests.databases import ON_SQLITE

KINDS = (TO_SIGN_IN, TO_SIGN_IN_AGAIN, TO_CHANGE, TO_RESUME)
ADA = normalize_email("ada@example.com")


@ON_SQLITE
@pytest.mark.parametrize("kind", KINDS)
async def test_a_kind_that_is_used_up_leaves_the_others_whole(site: Storefront, kind: str) -> None:
    assert [await may_mail(site, ADA, None, kind) for _ in range(4)] == [True] * 3 + [False]

    others = [other for other in KINDS if other != kind]
    for other in others:
        assert [await may_mail(site, ADA, None, other) for _ in range(4)] == [True] * 3 + [False]


@ON_SQLITE
async def test_a_network_has_one_budget_for_all_kinds(site: Storefront) -> None:
    narrow = replace(site, limits={**site.limits, "sign_ins_per_minute": 5})
    for kind in KINDS:
        assert await may_mail(narrow, ADA, "192.0.2.7", kind)

    with pytest.raises(TooMany):
        await may_mail(narrow, ADA, "192.0.2.7", TO_SIGN_IN)


def test_a_mark_is_of_one_address_at_one_company() -> None:
    mark = mark_of("comp_1", ADA.key)

    assert is_marked(mark, "comp_1", ADA.key)
    assert ADA.key not in mark
    for other in (("comp_2", ADA.key), ("comp_1", "grace@example.com")):
        assert not is_marked(mark, *other)
    assert not is_marked("", "comp_1", ADA.key)
