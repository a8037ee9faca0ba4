"""Door 001: a customer is created with all that another system knew of them."""

from __future__ import annotations

from typing import Any

import bcrypt

from portal.access.password_hashes import is_right
from portal.access.passwords import sign_in_by_password
from portal.app import Portal
from portal.compat.core_models import Customers, CustomerTold
from portal.customers import deliverable
from portal.customers.email import normalize_email
from portal.customers.reader import reader_of
from portal.database import run_sql
from portal.settings import configure
from tests.api.calling import Program, calling, program_with
from tests.api.test_subscriptions import as_described
from tests.customers.pictures import picture
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop

BARE = "/compat/core/v1/customers"
HERE = f"{BARE}?site_id=1"
ADA: dict[str, Any] = {
    "email": "ada@core.example",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "phone": "+44 (20) 7946-0958",
    "tele_marketing": True,
    "email_marketing": False,
    "email_hardbounce": True,
    "metadata": {"crm": "7", "tags": ["a"]},
    "old_provider_id": "old-42",
    "display_name": "Ada L.",
    "organization": "Analytical Engines",
    "is_imported": True,
    "tin": "DE136695976",
    "username": "ada_l-1",
    "title": "Countess",
    "salutation": "Dear Ada",
    "time_zone": "Europe/London",
    "language": "en",
    "email_verified": True,
    "billing_email": "bills@core.example",
}


async def refused(program: Program, body: dict[str, Any]) -> tuple[int, str, set[str]]:
    answer = await program.post(HERE, body)
    errors = answer.json().get("errors", ())
    return answer.status_code, answer.json()["code"], {error["pointer"] for error in errors}


async def test_every_parameter_reaches_the_customer(shop: Shop, program: Program) -> None:
    made = await program.post(HERE, ADA)

    told = as_described(made, CustomerTold)
    assert made.status_code == 201
    names = {"is_imported", "email_verified", "metadata"}
    assert {name: told[name] for name in ADA.keys() - names} == {
        name: value for name, value in ADA.items() if name not in names
    }
    assert (told["is_imported"], told["email_confirm"], told["site_id"]) == (True, True, 1)
    assert told["metadata"] == {"crm": "7", "tags": '["a"]'}
    ours = (await program.get(f"/v1/customers/{told['id']}")).json()
    assert ours["external_id"] == "old-42"
    assert ours["consents"] == {"email_marketing": False, "telemarketing": True}
    assert ours["subscription"] is None
    # No mail is written where mails fail for good; were it not so, she would have some.
    assert await reader_of(told["id"]) is None
    await run_sql("UPDATE customer SET email_hard_bounced = {}", False)
    assert await reader_of(told["id"]) is not None


@ON_SQLITE
async def test_a_tax_id_is_typed_by_its_prefix_alone(shop: Shop, program: Program) -> None:
    """The site is a German one: what says no country is not taken for German."""
    for number, tin in enumerate(("12-3456789", "136695976", "DE136695976", "GB980780684")):
        made = await program.post(
            HERE, {"display_name": "A", "old_provider_id": f"{number}", "tin": tin}
        )
        assert made.json()["tin"] == tin
    await shop.work_in_the_end()

    rows = await run_sql("SELECT tax_id_type FROM customer ORDER BY external_id")
    assert [row["tax_id_type"] for row in rows] == [None, None, "eu_vat", "gb_vat"]
    at_stripe = {one["value"] for one in await shop.stripe.objects("tax_id")}
    assert at_stripe == {"DE136695976", "GB980780684"}


@ON_SQLITE
async def test_the_same_as_multipart_with_a_picture(shop: Shop, program: Program) -> None:
    typed = {"email": "ada@core.example", "email_marketing": "true", "metadata[crm]": "7"}
    image = picture()
    small = picture(size=(100, 100))

    made = await program.http.post(HERE, data=typed, files={"avatar": ("ada.jfif", image)})
    wrong = await program.http.post(
        HERE, data=typed | {"email": "b@core.example"}, files={"avatar": ("b.png", small)}
    )

    told = as_described(made, CustomerTold)
    assert made.status_code == 201, made.text
    assert told["avatar"].startswith(f"/v1/customers/{told['id']}/avatar")
    assert (told["email_marketing"], told["metadata"]) == (True, {"crm": "7"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/avatar")
    assert len(await run_sql("SELECT id FROM customer")) == 1


@ON_SQLITE
async def test_the_site_has_to_be_the_key_s_company_s(shop: Shop, program: Program) -> None:
    none = await program.post(BARE, ADA)
    unknown = await program.post(f"{BARE}?site_id=99", ADA)
    second = await program.post(f"{BARE}?site_id=2", ADA)

    assert (none.status_code, unknown.status_code) == (400, 404)
    assert as_described(second, CustomerTold)["site_id"] == 2


@ON_SQLITE
async def test_without_a_key_401(portal: Portal) -> None:
    async with calling(portal) as nobody:
        answer = await nobody.post(HERE, ADA)

    assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")


@ON_SQLITE
async def test_one_of_three_identities_has_to_be_there(program: Program) -> None:
    none = await refused(program, {"first_name": "Ada"})
    alone = [
        await program.post(HERE, {name: "ada"}) for name in ("old_provider_id", "display_name")
    ]

    assert none == (422, "identity_missing", {"/email", "/old_provider_id", "/display_name"})
    assert [answer.status_code for answer in alone] == [201, 201]
    assert alone[0].json()["email"] is None


@ON_SQLITE
async def test_lengths_and_signs_are_kept(program: Program) -> None:
    long = {"first_name": 255, "last_name": 255, "organization": 255, "title": 255}
    long |= {"salutation": 255, "display_name": 100, "username": 100, "old_provider_id": 255}
    too_long = {name: "x" * (most + 1) for name, most in long.items()}

    wrong = await refused(program, too_long)
    right = await program.post(HERE, {name: "x" * most for name, most in long.items()})

    assert wrong == (400, "invalid_body", {f"/{name}" for name in long})
    codes = (await program.post(HERE, too_long)).json()["errors"]
    assert {error["code"] for error in codes if error["pointer"] != "/username"} == {
        "string_too_long"
    }
    assert right.status_code == 201
    assert await refused(program, {"display_name": "A", "username": "ada l"}) == (
        400, "invalid_body", {"/username"},
    )  # fmt: skip


@ON_SQLITE
async def test_a_phone_has_5_to_20_digits_once_stripped(program: Program) -> None:
    right = await program.post(HERE, ADA | {"phone": "+1 (234) 567-8901 x5"})

    assert right.json()["phone"] == "+1 (234) 567-8901 x5"
    for wrong in ("12-34", "1" * 21):
        answer = await refused(program, {"display_name": "A", "phone": wrong})
        assert answer == (422, "invalid_details", {"/phone"})


@ON_SQLITE
async def test_the_dns_check_is_skipped_with_the_scope_alone(
    portal: Portal, program: Program
) -> None:
    skipping = {"email": "ada@core.example", "skip_email_dns_validations": True}
    async with program_with(portal, scopes=["customers:write"]) as weak:
        answer = await weak.post(HERE, skipping)
    made = await program.post(HERE, skipping)
    malformed = await refused(program, {"email": "ada@core..example"})
    # From here on names are asked for: as this one was answered already, no question goes out.
    configure(check_email_dns=True)
    deliverable._keep("nowhere.example", answer=False)
    nowhere = {"email": "ada@nowhere.example"}
    checked = await refused(program, nowhere)
    unchecked = await program.post(HERE, nowhere | {"skip_email_dns_validations": True})
    deliverable.forget_answers()

    assert checked == (422, "invalid_details", {"/email"})
    assert unchecked.status_code == 201
    assert (answer.status_code, made.status_code) == (403, 201)
    assert 'scope="customers:import"' in answer.headers["www-authenticate"]
    assert malformed == (422, "invalid_details", {"/email"})


async def test_a_taken_e_mail_or_identifier_is_409(program: Program) -> None:
    await program.post(HERE, ADA)

    by_mail = await refused(program, {"email": "ADA@core.example"})
    elsewhere = await program.post(f"{BARE}?site_id=2", {"email": "ada@core.example"})
    by_id = await refused(program, {"old_provider_id": "old-42"})

    assert by_mail[:2] == (409, "email_taken")
    assert elsewhere.json()["code"] == "email_taken"
    assert by_id[:2] == (409, "external_id_taken")
    assert len(await run_sql("SELECT id FROM customer")) == 1


HASHES = {
    "plain_text": "hashcat",
    "password_bcrypt": bcrypt.hashpw(b"hashcat", bcrypt.gensalt(4)).decode(),
    "md5": "8743b52063cd84097a65d1633f5c74f5",
    "drupal_v8.2.x": "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
    "bcrypt_wordpress": "$P$984478476IagS59wHZvyQMArzfx58u.",
    "crypt": "48c/R8JAv757A",
}


@ON_SQLITE
async def test_a_password_is_kept_by_its_type(shop: Shop, portal: Portal, program: Program) -> None:
    """All six open the account; the first sign-in makes a hash of ours of it."""
    for number, (kind, value) in enumerate(HASHES.items()):
        named = {} if kind == "password_bcrypt" else {"password_type": kind}
        body = {"email": f"{number}@core.example", "password": value} | named
        made = await program.post(HERE, body)
        (row,) = await run_sql("SELECT * FROM password WHERE customer = {}", made.json()["id"])

        assert made.json()["has_password"] is True, made.text
        assert (row["hash"] == value) == (kind not in ("plain_text", "md5"))
        assert is_right(row["scheme"], row["hash"], "hashcat")
    email = normalize_email("1@core.example")
    assert await sign_in_by_password(shop.site, email, "hashcat")
    (ours,) = await run_sql(
        "SELECT scheme FROM password WHERE customer IN (SELECT id FROM customer WHERE email = {})",
        email.address,
    )
    misfit = await refused(program, {"display_name": "B", "password": "no bcrypt"})

    assert ours["scheme"] == "argon2id"
    assert misfit[:2] == (422, "unusable_password")
    async with program_with(portal, scopes=["customers:write"]) as weak:
        for name in ("password", "is_imported"):
            answer = await weak.post(
                HERE, {"display_name": "C", name: "x" if name == "password" else True}
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@ON_SQLITE
async def test_what_needs_another_parameter_says_so(program: Program) -> None:
    typed = await refused(program, {"display_name": "A", "password_type": "md5"})
    methods = await refused(program, {"display_name": "A", "import_payment_methods": True})

    assert typed == (422, "password_missing", {"/password"})
    assert methods == (422, "gateway_customer_missing", {"/payment_gateway_id"})


@ON_SQLITE
async def test_a_customer_at_stripe_is_adopted_with_their_card(
    shop: Shop, program: Program
) -> None:
    there = await shop.stripe.post("customers", {"email": "ada@core.example"})
    await shop.stripe.post("payment_methods/pm_card_visa/attach", {"customer": there["id"]})
    wanted = ADA | {"payment_gateway_id": there["id"], "import_payment_methods": True}

    made = await program.post(HERE, wanted)
    await shop.work_in_the_end()
    listed = as_described(await program.get(HERE), Customers)["data"]
    unknown = await refused(program, {"display_name": "B", "payment_gateway_id": "cus_nobody"})
    taken = await refused(program, {"display_name": "B", "payment_gateway_id": there["id"]})

    assert made.json()["payment_gateway_id"] == there["id"]
    assert [one["id"] for one in listed] == [made.json()["id"]]
    assert listed[0]["default_source"]["last4"] == "4242"
    assert await shop.counts() == (1, 0)
    assert unknown[:2] == (422, "gateway_customer_unknown")
    assert taken[:2] == (409, "gateway_customer_taken")


@ON_SQLITE
async def test_time_zone_and_language_are_known_ones(program: Program) -> None:
    zone = await refused(program, {"display_name": "A", "time_zone": "Mars/Olympus"})
    languages = [
        await refused(program, {"display_name": "A", "language": language})
        for language in ("english", "xx", "EN")
    ]
    french = await program.post(HERE, {"display_name": "A", "language": "fr"})
    alias = await program.post(HERE, {"display_name": "A", "timezone": "US/Eastern"})

    assert zone == (422, "invalid_details", {"/time_zone"})
    assert languages == [(400, "invalid_body", {"/language"})] * 3
    assert french.json()["language"] == "fr"
    assert alias.json()["time_zone"] == "US/Eastern"
