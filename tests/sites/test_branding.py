"""A site's accent stays legible."""

import pytest

from portal.sites.branding import DEFAULT_ACCENT, Branding, accent_problem, branding_of, contrast


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("accent", "code"),
    [("#777777", "accent_too_light"), ("#ffff00", "accent_too_light"), ("blue", "accent_invalid")],
)
def test_an_accent_nobody_could_read_is_refused(accent: str, code: str) -> None:
    problem = accent_problem(accent)

    assert problem is not None
    assert problem.code == code


def test_our_own_accent_is_legible() -> None:
    assert accent_problem(DEFAULT_ACCENT) is None
    assert Branding(accent="#102030").on_accent == "#ffffff"
    assert branding_of({"accent": "#102030", "tagline": "Tea"}).tagline == "Tea"


@pytest.mark.parametrize(
    ("colour", "ratio"),
    [("#ff0000", 3.998), ("#00ff00", 1.372), ("#0000ff", 8.592), ("#0b0b0b", 19.683),
     ("#0a0a0a", 19.798)],
)  # fmt: skip
def test_each_part_of_a_colour_weighs_as_wcag_says(colour: str, ratio: float) -> None:
    assert contrast(colour, "#ffffff") == contrast("#ffffff", colour)
    assert contrast(colour, "#ffffff") == pytest.approx(ratio, abs=0.01)


def test_the_refusal_names_the_colour_and_its_contrast() -> None:
    problem = accent_problem("#777777")

    assert problem is not None
    assert dict(problem.values) == {"accent": "#777777", "contrast": "4.5"}
    for wrong in ("#77777", "#7777777", "#GGGGGG", "777777", ""):
        refused = accent_problem(wrong)
        assert refused is not None
        assert refused.code == "accent_invalid"


def test_on_a_light_accent_the_text_is_dark() -> None:
    assert Branding(accent="#ffee88").on_accent == "#0b0b0f"
    assert Branding().on_accent == "#ffffff"


def test_what_a_site_does_not_say_is_ours() -> None:
    assert branding_of({}) == Branding(DEFAULT_ACCENT, "", "")
    stored = {"accent": "#102030", "logo": "/l.svg", "tagline": "Tea", "other": "x"}
    assert branding_of(stored) == Branding("#102030", "/l.svg", "Tea")
