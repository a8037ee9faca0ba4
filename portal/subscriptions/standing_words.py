"""How a subscription stands, in the reader's own words: the pages say it, and the mails."""

from __future__ import annotations

from portal.amounts import charge_words, written_date
from portal.customers.time_zone import in_zone
from portal.subscriptions.hold import Card
from portal.subscriptions.status import Standing
from portal.words import translations


def words_of(standing: Standing, locale: str, zone: str = "") -> str:
    """Say a standing's sentence with its dates, by the clocks of this zone, and its amounts."""
    values = {
        name: written_date(in_zone(when, zone), locale) for name, when in standing.dates.items()
    }
    values |= {
        name: charge_words(*amount, locale, plus_tax=standing.plus_tax)
        for name, amount in standing.amounts.items()
    }
    return translations(locale).gettext(standing.sentence.sentence).format_map(values)


def card_words(card: Card | None, locale: str) -> str:
    """Name a card as its holder knows it, such as Visa ending in 4242; empty if it is none."""
    if card is None or not card.last4:
        return ""
    _ = translations(locale).gettext
    brand = card.brand.replace("_", " ").title() or _("Card")
    return _("{brand} ending in {last4}").format(brand=brand, last4=card.last4)
