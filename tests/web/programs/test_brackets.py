"""Forms with brackets: what they say, and what cannot be read."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from portal.web.programs.brackets import BadBrackets, flat, in_order, nested


def _read(text: str) -> dict[str, object]:
    return nested(parse_qsl(text, keep_blank_values=True))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("", {}),
        ("name=Ada&email=", {"name": "Ada", "email": ""}),
        ("a[line1]=12+St&a[city]=Rome", {"a": {"line1": "12 St", "city": "Rome"}}),
        ("a[0][b]=1&a[1][b]=2", {"a": {"0": {"b": "1"}, "1": {"b": "2"}}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("name=Ada&name=Grace", {"name": "Grace"}),
        ("metadata=", {"metadata": ""}),
        ("a[b][c][d][e]=1", {"a": {"b": {"c": {"d": {"e": "1"}}}}}),
    ],
)  # fmt: skip
def test_brackets_nest(sent: str, read: dict[str, object]) -> None:
    assert _read(sent) == read


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ("a[b=1", "a[b"),
        ("a]b=1", "a]b"),
        ("[a]=1", "[a]"),
        ("=1", ""),
        ("a[b]c=1", "a[b]c"),
        ("a[b][c][d][e][f]=1", "a[b][c][d][e][f]"),
        ("a=1&a[b]=2", "a[b]"),
        ("a[b]=2&a=1", "a"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(sent: str, param: str) -> None:
    with pytest.raises(BadBrackets) as refused:
        _read(sent)

    assert refused.value.param == param


def test_there_is_an_end_to_fields() -> None:
    assert len(nested((f"f{number}", "") for number in range(500))) == 500
    with pytest.raises(BadBrackets, match="500"):
        nested((f"f{number}", "") for number in range(501))


def test_a_list_is_read_by_its_indexes_and_written_back() -> None:
    assert in_order({"10": "c", "2": "b", "0": "a"}) == ["a", "b", "c"]
    assert in_order("") == []
    assert in_order({"a": "b"}) is None
    assert in_order("a,b") is None
    assert flat(("tax_id_data", 0, "value")) == "tax_id_data[0][value]"
    assert flat(("email",)) == "email"
    assert flat(()) == ""
