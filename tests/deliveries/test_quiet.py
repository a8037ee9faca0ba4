"""What is left out is written in a row and read again."""

from __future__ import annotations

from itertools import product

import pytest

from portal.deliveries.quiet import LOUD, Quiet, read_quiet
from portal.subscriptions.tables import PlanChange


@pytest.mark.parametrize(("mails", "webhooks", "actions"), [*product([False, True], repeat=3)])
def test_what_is_left_out_is_read_as_it_was_meant(
    mails: bool, webhooks: bool, actions: bool
) -> None:
    meant = Quiet(mails, webhooks, actions)

    read = read_quiet(meant.text)

    told = (read.no_mails, read.no_webhooks, read.actions)
    assert told == (mails or actions, webhooks or actions, actions)
    assert len(meant.text) <= (PlanChange.quiet.length or 0)


def test_all_is_sent_unless_somebody_said_otherwise() -> None:
    assert LOUD.text == ""
    assert read_quiet("") == LOUD
