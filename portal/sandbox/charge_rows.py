"""Payment intents and charges as they begin."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.rows import Row, copied, new_id

_INTENT: Row = {
    "amount_capturable": 0,
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "capture_method": "automatic",
    "confirmation_method": "automatic",
    "customer_account": None,
    "livemode": False,
    "metadata": {},
    "on_behalf_of": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "payment_method_types": ["card"],
    "processing": None,
    "receipt_email": None,
    "review": None,
    "shipping": None,
    "source": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "transfer_data": None,
    "transfer_group": None,
}

_CHARGE: Row = {
    "amount_refunded": 0,
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "balance_transaction": None,
    "calculated_statement_descriptor": "SANDBOX",
    "disputed": False,
    "failure_balance_transaction": None,
    "fraud_details": {},
    "livemode": False,
    "metadata": {},
    "on_behalf_of": None,
    "outcome": None,
    "payment_method_details": None,
    "receipt_email": None,
    "receipt_number": None,
    "receipt_url": None,
    "review": None,
    "shipping": None,
    "source": None,
    "source_transfer": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "transfer_data": None,
    "transfer_group": None,
}

_DESCRIPTIONS = {
    "subscription_create": "Subscription creation",
    "subscription_update": "Subscription update",
}


def new_intent(account: Account, invoice: Row) -> Row:
    """Write down the payment intent of an invoice."""
    described = _DESCRIPTIONS.get(invoice["billing_reason"], "Payment for Invoice")
    return plain_intent(account, invoice["amount_remaining"], invoice["currency"]) | {
        "customer": invoice["customer"],
        "description": described,
        "setup_future_usage": "off_session",
        "_invoice": invoice["id"],
    }


def plain_intent(account: Account, amount: int, currency: str) -> Row:
    """Write down a payment intent that nothing else belongs to."""
    id = new_id("pi")
    return {
        "id": id,
        "object": "payment_intent",
        **copied(_INTENT),
        "amount": amount,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "client_secret": f"{id}_secret_{new_id('', 25)[1:]}",
        "created": account.now(),
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "next_action": None,
        "payment_method": None,
        "setup_future_usage": None,
        "status": "requires_payment_method",
        "_invoice": None,
    }


def new_charge(account: Account, intent: Row, method: Row) -> Row:
    """Write down a charge that succeeds; of an intent captured by hand, the money is only held."""
    is_captured = intent["capture_method"] != "manual"
    return {
        "id": new_id("ch"),
        "object": "charge",
        **copied(_CHARGE),
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if is_captured else 0,
        "billing_details": method["billing_details"],
        "captured": is_captured,
        "created": account.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "failure_code": None,
        "failure_message": None,
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "refunded": False,
        "status": "succeeded",
    }
