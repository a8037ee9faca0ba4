"""What we seal nobody reads or changes; what we sign nobody else can sign."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from portal.sealing import fingerprint, is_signed, seal, sign, unseal
from portal.settings import configure


@pytest.mark.parametrize("text", ["", "sk_test_123", "Grüße, 日本", "x" * 10_000])
def test_what_was_sealed_opens_again(text: str) -> None:
    assert unseal(seal(text, "stripe key"), "stripe key") == text


def test_sealing_twice_looks_different() -> None:
    assert seal("sk_test_123", "stripe key") != seal("sk_test_123", "stripe key")


def test_a_sealed_text_says_nothing() -> None:
    assert "sk_test" not in seal("sk_test_123", "stripe key")


def test_another_purpose_does_not_open_it() -> None:
    sealed = seal("sk_test_123", "stripe key")

    with pytest.raises(InvalidTag):
        unseal(sealed, "draft")


def test_another_secret_does_not_open_it() -> None:
    sealed = seal("sk_test_123", "stripe key")
    configure(secret="another secret of thirty-two characters")

    with pytest.raises(InvalidTag):
        unseal(sealed, "stripe key")


@pytest.mark.parametrize("position", [0, 11, 12, 20, -2])
def test_a_changed_letter_is_noticed(position: int) -> None:
    sealed = seal("sk_test_123", "stripe key")
    letter = "A" if sealed[position] != "A" else "B"
    letters = list(sealed)
    letters[position] = letter

    with pytest.raises(InvalidTag):
        unseal("".join(letters), "stripe key")


def test_a_signature_holds_for_its_message_and_purpose_only() -> None:
    signature = sign("onbo_1", "flow")

    assert is_signed("onbo_1", signature, "flow")
    assert not is_signed("onbo_2", signature, "flow")
    assert not is_signed("onbo_1", signature, "form")
    assert len(signature) == 43


@given(st.text(st.characters()) | st.just("\ud800"))
def test_any_other_text_is_no_signature(signature: str) -> None:
    assert not is_signed("onbo_1", signature, "flow")


def test_another_secret_signs_otherwise() -> None:
    signature = sign("onbo_1", "flow")
    configure(secret="another secret of thirty-two characters")

    assert not is_signed("onbo_1", signature, "flow")


def test_a_fingerprint_is_the_sha256() -> None:
    assert fingerprint("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
