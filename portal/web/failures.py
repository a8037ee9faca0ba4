"""Say that something went wrong: once, at the edge, in the form the asker can read."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from math import ceil

from litestar.exceptions import HTTPException
from litestar.response.base import ASGIResponse

from portal.errors import EffectError, NotFound, PortalError, TooMany
from portal.sites.storefront import Storefront, find_site
from portal.web.htmx import is_htmx
from portal.web.programs.problems import as_problem
from portal.web.rendering import NO_STORE, locale_of, rendered
from portal.web.scope import Scope, header, is_for_machines
from portal.web.shapes import Failure, Shaped, WithHeaders, shaper_of
from portal.web.too_often import too_often
from portal.words import translations

_LOG = logging.getLogger("portal.web")
N_ = str  # Marks a text for the translators.
_TITLES = {
    400: N_("That request could not be read"),
    403: N_("That is not allowed"),
    404: N_("Page not found"),
    405: N_("That is not possible here"),
    410: N_("That is no longer there"),
    413: N_("That was too much to send"),
    429: N_("Too many tries"),
    503: N_("We cannot do that just now"),
}
_SENTENCES = {
    400: N_("We could not read that request. Go back, reload the page and try again."),
    405: N_("This page cannot be used that way. Go back and try again."),
}
_OURS = N_("Something went wrong")
_STRIPES = N_(
    "The payment service does not answer just now. Nothing is lost: try again in a moment."
)
_RETRY_AFTER = {429: "60", 503: "5"}


class TooLarge(PortalError):
    """The body is larger than any form of ours."""

    status = 413
    code = "too_large"
    sentence = "That was more than this page can take. Shorten it and try again."


class BrokenOff(PortalError):
    """The connection ended before the body did."""

    status = 400
    code = "broken_off"
    sentence = "The connection broke off. Go back and try again."


def failure_of(error: Exception) -> Failure:
    """Put an error into words for whoever asked."""
    if isinstance(error, HTTPException) and error.status_code == 404:
        error = NotFound()
    if isinstance(error, HTTPException) and error.status_code < 500:
        status = error.status_code
        sentence = _SENTENCES.get(status, _SENTENCES[400])
        return Failure(status, f"http_{status}", _TITLES.get(status, _TITLES[400]), sentence, False)
    if isinstance(error, EffectError):
        return Failure(503, "billing_unavailable", _TITLES[503], _STRIPES, retry=True)
    known = error if isinstance(error, PortalError) else PortalError()
    title = _TITLES.get(known.status, _OURS if known.status >= 500 else _TITLES[400])
    return Failure(known.status, known.code, title, known.sentence, known.retry)


def _with_time(failure: Failure, error: Exception) -> Failure:
    """Tell people, too, when they can go on."""
    if not isinstance(error, TooMany):
        return failure
    when = too_often(error)
    return replace(failure, sentence=when.sentence, values=when.values)


async def answer_failure(scope: Scope, error: Exception) -> ASGIResponse:
    """Make the answer that tells of an error, and log what is our fault."""
    failure = failure_of(error)
    if failure.status >= 500:
        _log(scope, failure, error)
    headers = {"cache-control": NO_STORE}
    if isinstance(error, HTTPException) and error.headers and "Allow" in error.headers:
        headers["allow"] = error.headers["Allow"]
    if failure.status in _RETRY_AFTER:
        headers["retry-after"] = _RETRY_AFTER[failure.status]
    if isinstance(error, TooMany) and error.again_in:
        headers["retry-after"] = str(ceil(error.again_in.total_seconds()))
    if isinstance(error, WithHeaders):
        headers |= error.headers
    if _reads_pages(scope):
        return await _as_page(scope, _with_time(failure, error), headers)
    return _as_problem(scope, failure, error, headers)


def _log(scope: Scope, failure: Failure, error: Exception) -> None:
    expected = isinstance(error, PortalError) and failure.status == 503
    _LOG.log(
        logging.WARNING if expected else logging.ERROR,
        "%s %s answered %s (%s), request %s",
        scope["method"],
        scope.get("path_template") or "an unknown path",
        failure.status,
        failure.code,
        scope.get("portal.request_id", ""),
        exc_info=None if expected else error,
    )


def _reads_pages(scope: Scope) -> bool:
    accepted = header(scope, b"accept")
    takes_html = "text/html" in accepted or "*/*" in accepted or not accepted
    return not is_for_machines(scope) and (is_htmx(scope) or takes_html)


async def _as_page(scope: Scope, failure: Failure, headers: dict[str, str]) -> ASGIResponse:
    try:
        body, more = _rendered(scope, await _site_of(scope), failure)
    except Exception as error:
        _log(scope, failure, error)
        return _as_problem(scope, failure, error, headers)
    if is_htmx(scope):
        more |= {"hx-retarget": "#problem", "hx-reswap": "innerHTML"}
    return ASGIResponse(
        body=body,
        status_code=failure.status,
        headers=headers | more,
        media_type="text/html",
    )


async def _site_of(scope: Scope) -> Storefront | None:
    """Return whose look the page has; none if that cannot be found out either."""
    known: Storefront | None = scope.get("portal.site")
    try:
        return known or await find_site(header(scope, b"host"))
    except Exception:
        return None  # The database may be what went wrong: the page does without a look.


def _rendered(
    scope: Scope, site: Storefront | None, failure: Failure
) -> tuple[bytes, dict[str, str]]:
    spoken = translations(locale_of(scope, site))
    template = "errors/_error.html" if is_htmx(scope) else "errors/error.html"
    context = {
        "status": failure.status,
        "title": spoken.gettext(failure.title),
        "sentence": spoken.gettext(failure.sentence).format_map(failure.values),
        # The address of a form that was sent cannot be opened by a link.
        "retry": failure.retry and scope["method"] == "GET",
    }
    return rendered(scope, site, template, context, cache=NO_STORE)


def _as_problem(
    scope: Scope, failure: Failure, error: Exception, headers: dict[str, str]
) -> ASGIResponse:
    said = _shaped(scope, failure, error)
    return ASGIResponse(
        body=json.dumps(said.body),
        status_code=said.status,
        headers={**headers, **said.headers},
        media_type=said.media_type,
    )


def told_to_programs(scope: Scope, error: Exception) -> Shaped:
    """Word an error as its door does."""
    return _shaped(scope, failure_of(error), error)


def _shaped(scope: Scope, failure: Failure, error: Exception) -> Shaped:
    return (shaper_of(scope["path"]) or as_problem)(scope, failure, error)
