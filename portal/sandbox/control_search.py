"""How long searches do not know what is new."""

from __future__ import annotations

from typing import Any

from portal.sandbox.controls import Asked, control
from portal.sandbox.searches import LAG_S

_ABOUT = "Accounts and objects"


@control(
    _ABOUT,
    "GET",
    "/search",
    "Tells how long searches (GET /v1/customers/search and its like) do not find what is new.",
    answer='{"lag": 60}   seconds of the account\'s time',
)
@control(
    _ABOUT,
    "POST",
    "/search",
    "Changes that; 0: all is found at once.",
    body='{"lag": 0}',
    answer='{"lag": 0}',
)
def _search(asked: Asked) -> Any:
    account = asked.account
    if "lag" in asked.given:
        lag = int(asked.given["lag"])
        if lag < 0:
            raise ValueError("Searches cannot know what is not there yet.")
        with account.transaction():
            account.edit("_settings", "settings")["search_lag_s"] = lag
    return {"lag": account.settings().get("search_lag_s", LAG_S)}
