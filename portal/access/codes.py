"""Sign in by the code in the mail: the second way, for the browser that asked."""

from portal import clock
from portal.access.asking import tries_of
from portal.access.limits import HOUR, MINUTE, Limit, allow_all, network_of, never_more
from portal.access.links import Consumed, use_up
from portal.access.tables import SignInRequest
from portal.access.tokens import code_of, is_code
from portal.errors import PortalError, TooMany
from portal.sites.storefront import Storefront

TRIES = 5


class WrongCode(PortalError):
    """It is not the code that we sent for this browser, or too many were tried."""

    status = 422
    code = "wrong_code"
    sentence = "That code is not right. Check the newest email, or ask for another."


async def consume_code(
    site: Storefront, browser_hash: str, typed: str, *, ip: str | None = None, mark: str = ""
) -> Consumed:
    """Use up the newest request of this browser by the code that was typed.

    One request only, so that a guess never counts against many. After five tries a request
    refuses even its own code; its link still works. `mark` is what the browser keeps of having been
    signed in.

    Raises:
        WrongCode: wrong, run out, locked, asked for by another browser, or for nobody we know.
        TooMany: this network or this address tried too often.
    """
    request = await check_code(site, browser_hash, typed, ip=ip, mark=mark)
    return await use_up(request, browser_hash)


async def check_code(
    site: Storefront, browser_hash: str, typed: str, *, ip: str | None = None, mark: str = ""
) -> SignInRequest:
    """Count a try and return the request whose code was typed, still unused.

    Raises:
        WrongCode, TooMany: as consume_code tells.
    """
    if ip and not await allow_all(_code_limits(site, f"network:{network_of(ip)}")):
        raise TooMany
    request = await _newest_open(site, browser_hash)
    if request is None:
        raise WrongCode
    whose = tries_of(site.company_id, request.email_key, mark)
    if not await allow_all(_code_limits(site, whose)):
        raise TooMany
    if not await _count_try(request):
        raise WrongCode
    is_right = is_code(typed, code_of(request.id, browser_hash))
    if not is_right or not (request.customer or request.draft):
        raise WrongCode
    return request


def _code_limits(site: Storefront, whose: str) -> dict[str, Limit]:
    per_minute = site.limits["codes_per_minute"]
    per_hour = site.limits["codes_per_hour"]
    return {
        f"code:minute:{whose}": never_more(per_minute, MINUTE),
        f"code:hour:{whose}": never_more(per_hour, HOUR),
    }


async def _newest_open(site: Storefront, browser_hash: str) -> SignInRequest | None:
    return (
        await SignInRequest.objects()
        .where(
            SignInRequest.browser_hash == browser_hash,
            SignInRequest.company == site.company_id,
            SignInRequest.used_at.is_null(),
            SignInRequest.expires_at > clock.now(),
        )
        .order_by(SignInRequest.created_at, SignInRequest.id, ascending=False)
        .first()
    )


async def _count_try(request: SignInRequest) -> bool:
    """Count one try; only who gets the row back may compare, so five is five also at once."""
    counted = (
        await SignInRequest.update({SignInRequest.tries: SignInRequest.tries + 1})
        .where(SignInRequest.id == request.id, SignInRequest.tries < TRIES)
        .returning(SignInRequest.id)
    )
    return bool(counted)
