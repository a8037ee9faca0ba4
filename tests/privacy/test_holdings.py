"""No table with something of a customer is forgotten, and no secret is told."""

from __future__ import annotations

import re
from collections.abc import Collection

from piccolo.columns import ForeignKey
from piccolo.table import Table

from portal.customers.tables import Consent, Customer
from portal.piccolo_app import APP_CONFIG
from portal.privacy.holdings import HOLDINGS, LEFT_OUT

_SECRET = re.compile(r"hash|token|secret|sealed|sha256|^params$|credential|public_key|^draft$")


def test_every_table_that_names_a_customer_is_in_the_download_or_left_out_with_a_reason() -> None:
    assert _forgotten([*(holding.table for holding in HOLDINGS), *LEFT_OUT]) == []
    assert all(LEFT_OUT.values())


def test_a_table_that_is_forgotten_is_named() -> None:
    assert _forgotten([holding.table for holding in HOLDINGS if holding.table is not Consent]) == [
        Consent
    ]


def test_no_column_of_a_secret_is_told() -> None:
    told = [
        f"{holding.table._meta.tablename}.{column._meta.name}"
        for holding in HOLDINGS
        for column in holding.table._meta.columns
        if _SECRET.search(column._meta.name) and column._meta.name not in holding.left_out
    ]

    assert told == []


def test_what_is_left_out_is_there_and_has_a_reason() -> None:
    for holding in HOLDINGS:
        columns = {column._meta.name for column in holding.table._meta.columns}
        assert set(holding.left_out) <= columns, holding.table
        assert all(holding.left_out.values())


def _forgotten(told: Collection[type[Table]]) -> list[type[Table]]:
    return [table for table in APP_CONFIG.table_classes if _names(table) and table not in told]


def _names(table: type[Table]) -> bool:
    """Tell whether a table has a column for a customer, or is the customers'."""
    return table is Customer or any(
        column._meta.name == "customer"
        or (
            isinstance(column, ForeignKey)
            and column._foreign_key_meta.resolved_references is Customer
        )
        for column in table._meta.columns
    )
