"""A declaration to test with, and ways to change it."""

DECLARED = """
[company]
key = "acme"
name = "Acme Tea"
support_email = "help@acme.example"

[[plan]]
key = "studio"
name = "Studio"
features = ["Ten brushes"]
trial_days = 14
prices.month = { eur = 1200, usd = 1300 }
prices.year = { eur = 9900 }

[[plan]]
key = "reader"
name = "Reader"
prices.month = { eur = 0 }

[[site]]
key = "shop"
name = "Acme Tea"
country = "GB"
currency = "eur"
plans = ["studio", "reader"]
default_plan = "studio"
limits = { mails_per_hour = 5 }
"""


def declared_with(was: str, becomes: str) -> str:
    """Return the declaration with one place changed."""
    assert was in DECLARED
    return DECLARED.replace(was, becomes)


WITH_ADD_ONS = declared_with(
    'features = ["Ten brushes"]\ntrial_days = 14',
    'quantity = { unit = "seat", units = "seats", max = 9 }\nadd_ons = ["paper", "calls"]',
).replace(
    "[[site]]",
    """
[[add_on]]
key = "paper"
name = "Paper"
prices.month = { eur = 300, usd = 400 }
prices.year = { eur = 3000 }

[[add_on]]
key = "calls"
name = "Calls"
usage = { event = "calls", unit = "call", units = "calls" }
prices.month = { eur = 5, usd = 6 }
prices.year = { eur = 5 }

[[site]]""",
)
