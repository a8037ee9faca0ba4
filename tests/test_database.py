"""The database takes what it is given, on both engines alike."""

from portal.billing.tables import Ticket
from portal.database import engine


async def test_a_new_database_has_one_ticket_row(database: str) -> None:
    assert await Ticket.select() == [{"id": 1, "value": 0}]
    assert engine()
