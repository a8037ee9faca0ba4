"""What we hold of a customer: given to them as a file."""

from __future__ import annotations

from litestar import get, post

from portal.access.sessions import SignedIn, is_recent
from portal.errors import TooMany
from portal.pages.visitor import just_signed_in, read_form, signed_in
from portal.web.answers import Answer, PageRequest, download, page, site_for
from portal.web.forms import asked
from portal.web.scope import scope_of
from portal.web.too_often import come_back, too_often


@get("/account/data", name="account.data")
async def show_data(request: PageRequest) -> Answer:
    """Show what somebody can do with what we hold of them."""
    site = await site_for(request)
    session = await signed_in(request, site)
    return _show(request, session, is_kept="kept" in asked(scope_of(request)))


@post("/account/data/download", name="account.data.download")
async def download_data(request: PageRequest) -> Answer:
    """Answer with everything we hold; a sign-in older than an hour is asked for again."""
    # Few ever ask: whoever does not need not wait until this is loaded.
    from portal.privacy.export import export, file_name

    site, _typed = await read_form(request)
    session = await just_signed_in(request, site, then="account.data")
    try:
        packed = await export(session.customer, session.company)
    except TooMany as many:
        return come_back(_show(request, session, many=many), many)
    return download(packed, file_name(), "application/zip")


def _show(
    request: PageRequest,
    session: SignedIn,
    *,
    is_kept: bool = False,
    many: TooMany | None = None,
) -> Answer:
    return page(
        request,
        "account/data.html",
        status=many.status if many else 200,
        current="account.data",
        signed_in_recently=is_recent(session),
        is_kept=is_kept,
        too_often=too_often(many) if many else None,
    )
