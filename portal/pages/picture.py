"""A customer's picture: sent, shown to them, and taken away."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from portal.access.limits import HOUR, never_more, wait_before
from portal.access.sessions import SignedIn
from portal.customers.avatar import avatar_of, avatar_version, keep_avatar, remove_avatar
from portal.customers.pictures import FIELD, KIND
from portal.errors import InvalidDetails, NotFound, Problem, TooMany
from portal.pages.accept import refuse_stale
from portal.pages.visitor import read_form, signed_in
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.forms import asked
from portal.web.rendering import NO_STORE
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.web.too_often import come_back, too_often
from portal.web.uploads import sent_in

_MOST = never_more(20, HOUR)
_ALONE = {
    "cache-control": NO_STORE,
    "content-disposition": "inline",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}
"""How a picture is answered: for this page only, and as nothing but a picture."""


@get("/account/picture", name="account.picture")
async def show_picture(request: PageRequest) -> Answer:
    """Show the picture of whoever is signed in, to be changed."""
    site = await site_for(request)
    session = await signed_in(request, site)
    return await _show(request, session, saved="saved" in asked(scope_of(request)))


@post("/account/picture", name="account.save_picture")
async def save_picture(request: PageRequest) -> Answer:
    """Take another picture, or say at its field why not."""
    site = await site_for(request)
    # First of all: of a stranger, or of who sent many, nothing so large is read.
    session = await signed_in(request, site)
    try:
        if wait := await wait_before({f"picture:{session.customer}": _MOST}):
            raise TooMany(again_in=wait)
        typed, sent = await sent_in(request, FIELD)
        refuse_stale(request, site, typed, at=FIELD)
        await keep_avatar(session.customer, session.company, sent)
    except InvalidDetails as invalid:
        return await _show(request, session, invalid.problems, status=invalid.status)
    except TooMany as many:
        answer = await _show(request, session, {FIELD: too_often(many)}, status=many.status)
        return come_back(answer, many)
    return go_to(request, f"{url_for('account.picture')}?saved")


@post("/account/picture/remove", name="account.remove_picture")
async def take_away(request: PageRequest) -> Answer:
    """Have no picture."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    await remove_avatar(session.customer, session.company)
    return go_to(request, f"{url_for('account.picture')}?saved")


@get("/account/picture/{version:str}", name="account.picture.file")
async def send_picture(request: PageRequest, version: FromPath[str]) -> Answer:
    """Answer with the picture itself, to whose it is."""
    site = await site_for(request)
    session = await signed_in(request, site)
    image = await avatar_of(session.customer, version)
    if image is None:
        raise NotFound
    return Response(image, headers=_ALONE, media_type=KIND)


async def _show(
    request: PageRequest,
    session: SignedIn,
    errors: dict[str, Problem] | None = None,
    *,
    status: int = 200,
    saved: bool = False,
) -> Answer:
    return page(
        request,
        "account/picture.html",
        status=status,
        current="account.details",
        avatar=await avatar_version(session.customer),
        errors=errors or {},
        is_saved=saved and not errors,
    )
