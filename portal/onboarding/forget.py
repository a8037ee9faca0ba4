"""Clear what a stranger may have entered with somebody's address, here and at Stripe."""

from __future__ import annotations

from portal.audit.record import record
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.entered import CLEARED, clear_entered, entered_for
from portal.customers.erased import refuse_erased
from portal.customers.params import forgotten_params
from portal.customers.tax_ids_at_stripe import SET_TAX_ID
from portal.customers.told import UPDATED, tell_of
from portal.database import transaction
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.wake import wake


async def forget_entered(customer: str, company: str) -> None:
    """Empty a customer's personal details, and owe Stripe the same; the subscription stays.

    Safe to repeat.
    """
    lane = lane_of_customer(customer)
    async with transaction():
        await refuse_erased(customer)
        entered = await entered_for(customer)
        await clear_entered(customer)
        await enqueue(
            UPDATE_CUSTOMER,
            company=company,
            lane=lane,
            params=forgotten_params(entered.address),
            customer=customer,
        )
        # Stripe may have tax ids that we do not know of yet.
        none = {"tax_id": None}
        await enqueue(SET_TAX_ID, company=company, lane=lane, params=none, customer=customer)
        await record(
            "customer.details_cleared",
            company=company,
            actor="customer",
            object_id=customer,
            fields=CLEARED,
        )
        await tell_of(UPDATED, customer, company=company)
    wake()
