"""The process dies at each statement of what it does in turn; after a restart all is done once."""

from __future__ import annotations

import pytest

from tests.chaos.figures import Figures
from tests.chaos.lives import ONE_OF_EACH, Left, Nursery, left_behind
from tests.chaos.money_stories import MONEY_STORIES
from tests.chaos.program_stories import PROGRAM_STORIES
from tests.chaos.scale import databases, dice, scaled
from tests.chaos.stories import STORIES
from tests.chaos.story import Story, begin
from tests.onboarding.shop import Shop

FEWEST_POINTS = 40
ALL_STORIES = (*STORIES, *PROGRAM_STORIES)
MOST_POINTS = 300
# In the small tier every third point of a sign-up, beginning with one by chance.
EVERY = scaled(3, 1)
# In the small tier some points of each story, beginning with one by chance.
POINTS = scaled(4, 1000)
# The lease of a sweep lasts longer than that of an operation.
LIVES_LATER = 6


def name_of(story: Story) -> str:
    """Name a story as tests are named."""
    return story.name.replace(" ", "-")


async def die_and_come_back(
    shop: Shop, processes: Nursery, point: int, *, fresh_keys: bool = False
) -> Left | None:
    """Die at this point of a sign-up, restart, and count; None when the end came before it."""
    email = f"ada{point}@lovelace.example"
    life = await processes.live(email, submits=1, dies_at=point, fresh_keys=fresh_keys)
    if not life.killed:
        return None
    # Whoever saw no answer presses the button again; whoever did, leaves it to us.
    again = 0 if life.acknowledged else 1
    await processes.live(email, life=1, submits=again, fresh_keys=fresh_keys)
    return await left_behind(shop, email)


async def test_dying_anywhere_leaves_one_of_each(
    shop: Shop, processes: Nursery, figures: Figures
) -> None:
    wrong, died = [], 0
    for point in range(dice("sign-up").randint(1, EVERY), MOST_POINTS, EVERY):
        left = await die_and_come_back(shop, processes, point)
        if left is None:
            break
        died += 1
        if left != ONE_OF_EACH:
            wrong.append((point, left))

    figures.add(
        f"death at each of {died} points of a sign-up",
        mark="one of each, 100 %",
        got=f"{died - len(wrong)} of {died}",
        met=not wrong,
    )
    assert wrong == []
    assert left is None
    assert point > FEWEST_POINTS


async def test_with_a_fresh_key_for_each_try_the_same_finds_doubles(
    shop: Shop, processes: Nursery, figures: Figures
) -> None:
    doubled = 0
    for point in range(1, MOST_POINTS):
        left = await die_and_come_back(shop, processes, point, fresh_keys=True)
        if left is None:
            break
        doubled += left != ONE_OF_EACH
        if doubled == 2:
            break

    figures.add(
        "the same with a fresh key for each try (control)",
        mark="doubles",
        got=f"{doubled} in {point} deaths",
        met=doubled == 2,
    )
    assert doubled == 2


async def test_dying_again_and_again_leaves_one_of_each(shop: Shop, processes: Nursery) -> None:
    email = "ada@lovelace.example"
    # How many statements pass before the acknowledgement depends on what the worker looks at.
    for dies_at in range(30, 60, 5):
        life = await processes.live(email, submits=1, dies_at=dies_at)
        if life.acknowledged:
            break
    assert life.acknowledged

    for times in range(1, 60):
        life = await processes.live(email, life=times, dies_at=times)
        if not life.killed:
            break

    assert await left_behind(shop, email) == ONE_OF_EACH


async def die_throughout(
    story: Story, shop: Shop, processes: Nursery, figures: Figures
) -> tuple[int, list[int]]:
    """Die at points of a story and come back; return how often, and after which it was wrong."""
    every = max(1, story.points // POINTS)
    wrong, died = [], 0
    for point in range(dice(story.name).randint(1, every), MOST_POINTS, every):
        email = f"ada{point}@lovelace.example"
        shop = await begin(shop, story, email)
        life = await processes.live(email, dies_at=point, **story.order)
        again = dict(story.order)
        if life.acknowledged:
            again["submits"] = 0
        await processes.live(email, life=LIVES_LATER, **again)
        if not await story.is_right(shop, email):
            wrong.append(point)
        if not life.killed:
            break
        died += 1

    figures.add(
        f"{story.name}: death at {died} points",
        mark="done, once, 100 %",
        got=f"{died - len(wrong)} of {died}",
        met=not wrong,
    )
    assert not life.killed
    return died, wrong


async def die_early_for_good(story: Story, shop: Shop, processes: Nursery) -> bool:
    """Die at the third point and do not come back; tell whether all was done all the same."""
    email = "ada@lovelace.example"
    shop = await begin(shop, story, email)

    life = await processes.live(email, dies_at=3, **story.order)

    assert life.killed
    return await story.is_right(shop, email)


@pytest.mark.parametrize("story", ALL_STORIES, ids=name_of)
async def test_dying_anywhere_in_what_follows_leaves_it_done_once(
    story: Story, shop: Shop, processes: Nursery, figures: Figures
) -> None:
    died, wrong = await die_throughout(story, shop, processes, figures)

    assert wrong == []
    assert died > 0


@pytest.mark.parametrize("database_url", databases("sqlite"), indirect=True)
@pytest.mark.parametrize("story", MONEY_STORIES, ids=name_of)
async def test_dying_anywhere_while_money_moves_leaves_it_moved_once(
    story: Story, shop: Shop, processes: Nursery, figures: Figures
) -> None:
    died, wrong = await die_throughout(story, shop, processes, figures)

    assert wrong == []
    assert died > 0


@pytest.mark.parametrize("story", ALL_STORIES, ids=name_of)
async def test_without_another_life_it_is_not_done(
    story: Story, shop: Shop, processes: Nursery
) -> None:
    """The negative control: whoever dies early and does not come back has done nothing."""
    assert not await die_early_for_good(story, shop, processes)


@pytest.mark.parametrize("database_url", databases("sqlite"), indirect=True)
@pytest.mark.parametrize("story", MONEY_STORIES, ids=name_of)
async def test_without_another_life_no_money_moves(
    story: Story, shop: Shop, processes: Nursery
) -> None:
    """The negative control of those."""
    assert not await die_early_for_good(story, shop, processes)
