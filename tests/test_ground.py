"""What the tests themselves stand on."""

from playwright.async_api import Page, expect

from tests.local_stripe import LocalStripe


async def test_each_test_has_an_account_of_its_own(sandbox: LocalStripe) -> None:
    answer = await sandbox.http.post(
        f"{sandbox.url}/v1/customers",
        headers={"authorization": f"Bearer {sandbox.key}"},
        data={"email": "ada@lovelace.example"},
    )

    assert answer.status_code == 200
    assert [customer["email"] for customer in await sandbox.objects("customer")] == [
        "ada@lovelace.example"
    ]
    assert await sandbox.calls() == [("POST", "/v1/customers")]


async def test_a_fresh_account_is_empty(sandbox: LocalStripe) -> None:
    assert await sandbox.objects("customer") == []


async def test_a_page_opens_in_the_browser(page: Page, sandbox: LocalStripe) -> None:
    await page.goto(f"{sandbox.url}/_sandbox/docs")

    await expect(page.get_by_role("heading").first).to_be_visible()
