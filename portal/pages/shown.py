"""Show the sign-up form as it was filled in: on one page, or one step of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.pages.answers_shown import answers_shown
from portal.pages.form import Filled, form_context
from portal.pages.step_answers import STEPS, Step, carried, step_to_mend
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, page
from portal.web.rendering import KEPT_FOR_BACK, locale_of
from portal.web.scope import Scope, scope_of
from portal.web.templates import url_for


@dataclass(frozen=True, slots=True)
class Place:
    """A step, whether it leads back to the check because something is changed there, and whether
    somebody begins anew there."""

    step: Step
    to_check: bool = False
    is_new: bool = False

    @property
    def path(self) -> str:
        """Return the address under which it can be opened again."""
        return url_for("signup.step", step=self.step) + ("?to=check" if self.to_check else "")

    @property
    def back(self) -> str:
        """Return where its Back link leads."""
        if self.to_check:
            return url_for("signup.step", step="check")
        at = STEPS.index(self.step)
        return url_for("signup.step", step=STEPS[at - 1]) if at else url_for("pricing")


def show_again(request: PageRequest, site: Storefront, filled: Filled, status: int = 200) -> Answer:
    """Show the form as it was filled in; in steps, the first on which something can be mended."""
    if site.layout == "page":
        return show_form(request, site, filled, status)
    step = step_to_mend(filled.errors)
    return show_step(request, site, Place(step, to_check=step != "check"), filled, status)


def show_form(request: PageRequest, site: Storefront, filled: Filled, status: int = 200) -> Answer:
    """Show the form on one page; htmx gets the form alone."""
    return page(
        request,
        "signup/signup.html",
        part="signup/_form.html",
        status=status,
        cache=KEPT_FOR_BACK,
        **form_context(scope_of(request), site, filled),
    )


def show_step(
    request: PageRequest, site: Storefront, place: Place, filled: Filled, status: int = 200
) -> Answer:
    """Show one step of the form; htmx gets the form alone."""
    return page(
        request,
        "signup/step.html",
        part="signup/_step.html",
        status=status,
        cache=KEPT_FOR_BACK,
        **form_context(scope_of(request), site, filled),
        **_step_context(scope_of(request), site, place, filled),
    )


def _step_context(scope: Scope, site: Storefront, place: Place, filled: Filled) -> dict[str, Any]:
    is_check = place.step == "check"
    return {
        "step": place.step,
        "number": STEPS.index(place.step) + 1,
        "count": len(STEPS),
        "back": place.back,
        "to_check": place.to_check,
        "is_new": place.is_new,
        "carried": carried(filled.typed) if is_check else {},
        "answers": answers_shown(filled.typed, site, locale_of(scope, site)) if is_check else (),
    }
