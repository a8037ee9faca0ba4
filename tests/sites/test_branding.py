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
