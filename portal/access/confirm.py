"""What changes when somebody shows for the first time that an address is theirs."""

from portal import clock
from portal.access.flows import end_flows
from portal.access.sessions import end_all
from portal.access.ways_in import take_ways_in
from portal.audit.record import record
from portal.customers.tables import Customer
from portal.customers.told import VERIFIED, tell_of


async def confirm_address(customer: str, company: str) -> bool:
    """Mark the customer's address as theirs; tell whether this was the first time.

    The first time ends every session and flow from before, in this transaction, and takes an
    imported password away: anybody may have typed the address, to us or to the site before us.
    """
    confirmed = (
        await Customer.update({Customer.email_verified_at: clock.now()})
        .where(Customer.id == customer, Customer.email_verified_at.is_null())
        .returning(Customer.id)
    )
    if not confirmed:
        return False
    await end_all(customer)
    await take_ways_in(customer)
    await end_flows(customer)
    await record(
        "customer.email_verified",
        company=company,
        actor="customer",
        object_id=customer,
        fields=("email_verified_at",),
    )
    await tell_of(VERIFIED, customer, company=company)
    return True
