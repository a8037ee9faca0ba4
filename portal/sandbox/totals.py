"""What an invoice comes to: amounts, discounts and taxes, in whole minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portal.sandbox.rows import Row, new_id
from portal.sandbox.tiers import tiered_amount


@dataclass(slots=True)
class Line:
    """One line before tax: what is sold, how often, and for when."""

    price: Row | None
    quantity: int
    amount: int
    start: int
    end: int
    description: str | None
    item: str | None = None
    """The subscription item it is for."""
    subscription: str | None = None
    invoice_item: str | None = None
    """The invoice item it was taken from."""
    proration: bool = False
    discountable: bool = True
    metadata: Row = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("il"))
    tax_rates: list[Row] = field(default_factory=list)
    discounted: list[tuple[str, int]] = field(default_factory=list)
    taxes: list[Row] = field(default_factory=list)

    @property
    def net(self) -> int:
        """Give the amount after discounts."""
        return self.amount - sum(amount for _, amount in self.discounted)


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of an invoice."""

    subtotal: int
    discount: int
    tax_exclusive: int
    tax_inclusive: int

    @property
    def total(self) -> int:
        """Give what is to be paid."""
        return self.subtotal - self.discount + self.tax_exclusive


def rounded(amount: Decimal) -> int:
    """Round to whole minor units, halves up."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def price_of(amount_row: Row, quantity: int | Decimal) -> int:
    """Give the price of a quantity."""
    if amount_row.get("_tiers"):
        tiers, mode = amount_row["_tiers"], amount_row["_tiers_mode"]
        return rounded(tiered_amount(tiers, mode, Decimal(quantity)))
    return rounded(Decimal(amount_row["unit_amount_decimal"]) * quantity)


def apply_discounts(lines: list[Line], discounts: list[tuple[str, Row]], currency: str) -> None:
    """Take each coupon off the lines it applies to, in order."""
    for id, coupon in discounts:
        products = (coupon.get("_applies_to") or {}).get("products")
        fitting = [
            line
            for line in lines
            if line.discountable and line.net > 0 and (not products or _product(line) in products)
        ]
        if coupon["percent_off"] is not None:
            for line in fitting:
                part = Decimal(line.net) * Decimal(str(coupon["percent_off"])) / 100
                line.discounted.append((id, rounded(part)))
        else:
            _spread(fitting, id, _amount_off(coupon, currency))


def _product(line: Line) -> str | None:
    return line.price["product"] if line.price else None


def _amount_off(coupon: Row, currency: str) -> int:
    if coupon["currency"] == currency:
        return int(coupon["amount_off"])
    option = coupon["_currency_options"].get(currency)
    return int(option["amount_off"]) if option else 0


def _spread(lines: list[Line], id: str, amount: int) -> None:
    whole = sum(line.net for line in lines)
    left = min(amount, whole)
    spread = left
    for position, line in enumerate(lines):
        is_last = position == len(lines) - 1
        part = left if is_last else rounded(Decimal(spread) * line.net / whole)
        line.discounted.append((id, part))
        left -= part


def apply_taxes(lines: list[Line], exempt: str) -> None:
    """Compute each line's taxes from its rates; `exempt` is the customer's `tax_exempt`."""
    reasons = {"exempt": "customer_exempt", "reverse": "reverse_charge"}
    for line in lines:
        net = Decimal(line.net)
        inclusive = sum(
            (Decimal(str(rate["percentage"])) for rate in line.tax_rates if rate["inclusive"]),
            Decimal(0),
        )
        base = net / (1 + inclusive / 100)
        for rate in line.tax_rates:
            tax = rounded(base * Decimal(str(rate["percentage"])) / 100)
            reason = reasons.get(exempt, "standard_rated")
            line.taxes.append(_tax(rate, 0 if exempt in reasons else tax, reason, rounded(base)))


def _tax(rate: Row, amount: int, reason: str, base: int) -> Row:
    return {
        "amount": amount,
        "tax_behavior": "inclusive" if rate["inclusive"] else "exclusive",
        "tax_rate_details": {"tax_rate": rate["id"]},
        "taxability_reason": reason,
        "taxable_amount": base,
        "type": "tax_rate_details",
    }


def summed(lines: list[Line]) -> Totals:
    """Add the lines up."""
    taxes = [tax for line in lines for tax in line.taxes]
    return Totals(
        subtotal=sum(line.amount for line in lines),
        discount=sum(amount for line in lines for _, amount in line.discounted),
        tax_exclusive=sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "exclusive"),
        tax_inclusive=sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "inclusive"),
    )


def gathered_taxes(lines: list[Line]) -> list[Row]:
    """Add taxes of the same rate up, for the whole invoice."""
    found: dict[tuple[Any, ...], Row] = {}
    for tax in (tax for line in lines for tax in line.taxes):
        same = (tax["tax_rate_details"]["tax_rate"], tax["taxability_reason"])
        if same in found:
            found[same]["amount"] += tax["amount"]
            found[same]["taxable_amount"] += tax["taxable_amount"]
        else:
            found[same] = {**tax}
    return list(found.values())


def gathered_discounts(lines: list[Line]) -> list[Row]:
    """Add the same discount up, for the whole invoice."""
    found: dict[str, int] = {}
    for id, amount in (each for line in lines for each in line.discounted):
        found[id] = found.get(id, 0) + amount
    return [{"amount": amount, "discount": id} for id, amount in found.items()]
