"""What a market's law asks of a shop: which one counts, and words that the law itself gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

WITHDRAWAL_DAYS = 14
"""Source: Directive 2011/83/EU, Art. 9(1)"""

_DAY_ANYWHERE = timedelta(hours=36)

# The European Economic Area. Source: Directive 2011/83/EU, EEA Joint Committee Decision 181/2012
_EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip

# As the law of each language has them; in any other the translation counts.
# Sources: Directive 2011/83/EU, Art. 8(2) and, since Directive (EU) 2023/2673, Art. 11a; § 312k BGB
_WORDS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "order": "Zahlungspflichtig bestellen",
        "withdraw": "Vertrag hier widerrufen",
        "confirm_withdrawal": "Widerruf bestätigen",
        "cancel": "Verträge hier kündigen",
        "confirm_cancel": "Jetzt kündigen",
    },
    "fr": {
        "order": "Commande avec obligation de paiement",
        "withdraw": "Se rétracter du contrat ici",
        "confirm_withdrawal": "Confirmer la rétractation",
    },
    "es": {
        "order": "Pedido con obligación de pago",
        "withdraw": "Desistir del contrato aquí",
        "confirm_withdrawal": "Confirmar desistimiento",
    },
    "it": {"order": "Ordine con obbligo di pagare"},
    "nl": {"order": "Bestelling met betalingsverplichting"},
    "pt": {"order": "Encomenda com obrigação de pagar"},
}
_NONE: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("order", "withdraw", "confirm_withdrawal", "cancel", "confirm_cancel"), "")
)


def market_of(declared: str, country: str) -> str:
    """Return whose rules a site goes by: none, eu or de; auto is what its country says."""
    if declared != "auto":
        return declared
    if country == "DE":
        return "de"
    return "eu" if country in _EEA else "none"


def fixed_words(locale: str) -> Mapping[str, str]:
    """Return the words that the law gives in a language, by what they are for; "" for none."""
    language = locale.replace("_", "-").partition("-")[0]
    return {**_NONE, **_WORDS.get(language, {})}


def last_day_to_withdraw(ordered_at: datetime) -> date:
    """Return the last day on which somebody can withdraw from what they ordered then.

    The day of the order does not count; an end on a weekend is put off to Monday. Holidays, which
    differ from place to place, are not known here.
    Source: Regulation (EEC, Euratom) No 1182/71, Art. 3
    """
    last = ordered_at.date() + timedelta(days=WITHDRAWAL_DAYS)
    return last + timedelta(days=max(0, 7 - last.weekday())) if last.weekday() >= 5 else last


def may_withdraw(ordered_at: datetime, now: datetime) -> bool:
    """Tell whether that day is not over yet: wherever on earth they are."""
    return now < datetime.combine(last_day_to_withdraw(ordered_at), time(), UTC) + _DAY_ANYWHERE
