"""What applying a declaration would change: two sets of records, compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.plans.catalogue import ADD_ON
from portal.plans.declaration import Declaration
from portal.plans.declared_plans import DeclaredAddOn, DeclaredPlan

Record = Mapping[str, object]
Records = Mapping[str, Record]

NEW_VERSION_FIELDS = ("trial_days", "trial_without_card", "prices", "usage")


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one thing, such as plan pro's name; was is None where the thing is new."""

    thing: str
    field: str
    was: object
    becomes: object

    def __str__(self) -> str:
        was = "(none)" if self.was is None else self.was
        return f"{self.thing}: {self.field}: {was} → {self.becomes}"


def records_of(declared: Declaration) -> dict[str, Record]:
    """Turn a declaration into records, each under a name such as "plan pro"."""
    records: dict[str, Record] = {
        f"company {declared.company.key}": declared.company.model_dump(exclude={"key"})
    }
    for position, plan in enumerate(declared.plan):
        records[f"plan {plan.key}"] = plan_record(plan, position)
    for position, add_on in enumerate(declared.add_on):
        records[f"add-on {add_on.key}"] = plan_record(add_on, position)
    for site in declared.site:
        records[f"site {site.key}"] = site.model_dump(exclude={"key"}, mode="json")
    return records


def plan_record(plan: DeclaredPlan | DeclaredAddOn, position: int) -> Record:
    """Turn a declared plan or add-on into the record its stored version must equal."""
    plain = {} if isinstance(plan, DeclaredPlan) else {"visibility": ADD_ON}
    plain |= plan.model_dump(exclude={"key", "prices"}, mode="json")
    prices = {
        f"{interval} {currency}": amount
        for interval, amounts in plan.prices.items()
        for currency, amount in amounts.items()
    }
    return plain | {"position": position, "prices": dict(sorted(prices.items()))}


def differences(declared: Records, stored: Records) -> list[Change]:
    """List what differs, in the declaration's order. What only we have stays as it is."""
    return [
        Change(thing, field, stored.get(thing, {}).get(field), value)
        for thing, record in declared.items()
        for field, value in record.items()
        if thing not in stored or stored[thing].get(field) != value
    ]


def needs_new_version(declared: Record, stored: Record) -> bool:
    """Tell whether a plan changed in what its present subscribers pay."""
    return any(declared.get(field) != stored.get(field) for field in NEW_VERSION_FIELDS)
