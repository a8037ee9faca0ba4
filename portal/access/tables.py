"""Who may see what: sign-in requests, sessions, passwords, passkeys, flows, drafts; the limits."""

from piccolo.columns import BigInt, Boolean, DoublePrecision, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class SignInRequest(Table, tablename="sign_in_request"):
    """One mail with a link and a code. Both are derived from our secret, so neither is stored."""

    id = Varchar(length=40, primary_key=True, help_text="sign_…")
    company = Varchar(length=40)
    site = Varchar(length=40)
    customer = Varchar(length=40, null=True, default=None, help_text="Null: we know nobody by it.")
    email = Varchar(length=254)
    email_key = Varchar(length=320, index=True)
    token_hash = Varchar(length=64, unique=True, help_text="sha256 of the link's token.")
    browser_hash = Varchar(length=64, index=True, help_text="sha256 of the flow cookie that asked.")
    draft = Text(null=True, default=None, help_text="Sealed sign-up that waits for this address.")
    tries = Integer(default=0, help_text="Wrong codes so far.")
    created_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)
    used_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="session"):
    """A signed-in browser. The cookie's value is not stored, only its sha256."""

    id = Varchar(length=64, primary_key=True, help_text="sha256 of the cookie.")
    customer = Varchar(length=40, index=True)
    site = Varchar(length=40)
    browser = Varchar(length=30, default="", help_text="Its name, such as Firefox.")
    system = Varchar(length=30, default="", help_text="What it runs on, such as Windows.")
    signed_in_at = Timestamptz(null=False, default=None)
    seen_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)


class Password(Table, tablename="password"):
    """What verifies a customer's password. Neither it nor an unsalted hash of it is stored."""

    customer = Varchar(length=40, primary_key=True)
    scheme = Varchar(length=20, help_text="How hash is verified; argon2id is ours.")
    hash = Varchar(length=255)
    work = Integer(default=0, help_text="Of another site's hash: about how dear it is to verify.")
    set_at = Timestamptz(null=False, default=None)
    imported_at = Timestamptz(
        null=True, default=None, help_text="Null once it was used here, or set here."
    )


class EmailChange(Table, tablename="email_change"):
    """Another address for a customer: asked for, confirmed, perhaps undone. No token is stored."""

    id = Varchar(length=40, primary_key=True, help_text="emch_…")
    company = Varchar(length=40)
    site = Varchar(length=40)
    customer = Varchar(length=40, index=True)
    email = Varchar(length=254)
    email_key = Varchar(length=320)
    email_unchecked = Boolean(default=False, help_text="DNS gave no answer when it was taken.")
    former_email = Varchar(length=254, null=True, default=None)
    former_key = Varchar(length=320, null=True, default=None)
    confirm_hash = Varchar(length=64, unique=True, help_text="sha256 of the new address's token.")
    undo_hash = Varchar(length=64, unique=True, help_text="sha256 of the former address's token.")
    created_at = Timestamptz(null=False, default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None, help_text="Undone, or given up for another.")


class Passkey(Table, tablename="passkey"):
    """A key pair in somebody's device, of which we have the public half."""

    id = Varchar(length=64, primary_key=True, help_text="sha256 of the credential's id.")
    customer = Varchar(length=40, index=True)
    credential = Text(help_text="Its id as browsers write it, so that none is made twice.")
    public_key = Text(help_text="COSE, in base64url.")
    host = Varchar(length=255, help_text="The name it is bound to.")
    sign_count = BigInt(default=0, help_text="As it last told; many always tell 0.")
    browser = Varchar(length=30, default="", help_text="Where it was made, such as Firefox.")
    system = Varchar(length=30, default="", help_text="What that ran on, such as Windows.")
    created_at = Timestamptz(null=False, default=None)
    used_at = Timestamptz(null=True, default=None)


class Flow(Table, tablename="flow"):
    """The browser that made a customer: it may go on for half an hour, and nothing more."""

    onboarding = Varchar(length=40, primary_key=True)
    customer = Varchar(length=40, index=True)
    browser_hash = Varchar(length=64, index=True, help_text="sha256 of the flow cookie.")
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)


class Draft(Table, tablename="draft"):
    """A sign-up form filled in so far, where a site asks in steps or somebody goes on later."""

    id = Varchar(length=40, primary_key=True, help_text="drft_…")
    holder = Varchar(length=64, unique=True, help_text="sha256 of the browser's hash and the site.")
    site = Varchar(length=40)
    answers = Text(help_text="Sealed.")
    saved_at = Timestamptz(null=False, default=None)


class ResumeLink(Table, tablename="resume_link"):
    """A mail by which a sign-up is gone on with elsewhere, with the answers it leads to."""

    id = Varchar(length=40, primary_key=True, help_text="resu_…")
    company = Varchar(length=40)
    site = Varchar(length=40)
    email = Varchar(length=254)
    email_key = Varchar(length=320)
    answers = Text(help_text="Sealed; empty once the sign-up was finished.")
    locale = Varchar(length=20, default="en")
    holder = Varchar(length=64, index=True, help_text="Whose draft it was: see Draft.")
    taken_by = Varchar(length=64, default="", index=True, help_text="Whose it became.")
    token_hash = Varchar(length=64, unique=True, help_text="sha256 of the link's token.")
    created_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)


class ApiKey(Table, tablename="api_key"):
    """What a program identifies itself with. Its text is shown once and not stored.

    Two of a (company, kind, label) may be live, so that one can take the other's place.
    """

    id = Varchar(length=40, primary_key=True, help_text="key_…")
    company = Varchar(length=40, index=True)
    public_id = Varchar(length=8, unique=True, help_text="The part of its text that may be seen.")
    kind = Varchar(length=2, help_text="sk: secret; pk: publishable, the widget's.")
    livemode = Boolean(default=False)
    secret_mac = Varchar(length=64, help_text="HMAC of its secret part.")
    scopes = Text(default="[]", help_text="JSON: what it may do.")
    sites = Text(default="[]", help_text="JSON: at which sites; empty: at all of the company.")
    label = Varchar(length=100, default="")
    per_minute = Integer(default=600, help_text="How many requests it may make.")
    created_by = Varchar(length=60, default="")
    created_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None, help_text="To the minute.")
    revoked_at = Timestamptz(null=True, default=None)


class Answered(Table, tablename="answered"):
    """A request with an Idempotency-Key, and what it was answered: a repeat is answered alike."""

    id = Varchar(length=64, primary_key=True, help_text="HMAC of key, method, path and header.")
    company = Varchar(length=40)
    api_key = Varchar(length=40)
    customer = Varchar(length=40, null=True, default=None, index=True)
    request_mac = Varchar(length=64, help_text="HMAC of all that was asked.")
    state = Varchar(length=8, default="running", help_text="running or done.")
    made = Varchar(length=255, null=True, default=None, help_text="What its effect has made.")
    lease_until = Timestamptz(null=False, default=None)
    status = Integer(null=True, default=None)
    headers = Text(default="{}")
    body = Text(null=True, default=None, help_text="Sealed.")
    created_at = Timestamptz(null=False, default=None, index=True)


class Rate(Table, tablename="rate"):
    """One limited thing (GCRA): when its bucket will be empty again, in Unix seconds."""

    key = Varchar(length=120, primary_key=True)
    empty_at = DoublePrecision(default=0.0)
