from portal.access.links import request_sign_in
from portal.customers.email import normalize_email
from portal.customers.tables import Customer
from portal.database import run_sql
from portal.operations.tables import Operation
from portal.settings import configure
from portal.sites.storefront import Storefront
from portal.worker import Worker
from tests.access.conftest import Deliver
from tests.deliveries.conftest import Inbox, mail_server

ADA = normalize_email("ada@example.com")


async def test_a_mail_that_went_out_leaves_an_operation_without_data(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
    await deliver()

    [op] = await Operation.select()
    assert (op["state"], op["params"]) == ("done", "{}")
    assert op["result_id"] == f"{op['op_id']}@127.0.0.1"


async def test_a_busy_mail_server_gets_the_same_mail_a_little_later(
    site: Storefront, ada: Customer
) -> None:
    inbox = Inbox(data="451 4.3.0 Try again")
    async with mail_server(inbox) as address:
        configure(mail_url=f"smtp://{address}")
        await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
        await Worker().run_until_idle()
        [waiting] = await Operation.select()
        inbox.answers = {}
        await _come_due()
        await Worker().run_until_idle()

    [op] = await Operation.select()
    assert (waiting["state"], op["state"]) == ("ready", "done")
    assert f"<{op['op_id']}@127.0.0.1>".encode() in inbox.taken[0].content


async def test_a_mail_refused_for_good_says_why_and_is_given_up(
    site: Storefront, ada: Customer
) -> None:
    async with mail_server(Inbox(rcpt="550 5.1.1 No such user")) as address:
        configure(mail_url=f"smtp://{address}")
        await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
        await Worker().run_until_idle()

    [op] = await Operation.select()
    assert (op["state"], op["error_code"], op["params"]) == ("failed", "smtp_550", "{}")


async def test_without_a_mail_server_the_operator_reads_what_to_set(
    site: Storefront, ada: Customer
) -> None:
    configure(mail_url=None)
    await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
    await Worker().run_until_idle()

    [op] = await Operation.select()
    assert (op["state"], op["error_code"]) == ("failed", "no_mail_server")
    assert "PORTAL_MAIL_URL" in op["error_text"]


async def _come_due() -> None:
    await run_sql("UPDATE operation SET next_at = created_at")
