-- +goose Up
-- One schema for both databases. Conventions: ids are UUIDv7 made by the
-- program; *_minor are integer minor units of the row's currency; TIMESTAMPs
-- are UTC; DATEs are civil dates; JSON is text, because both databases store it
-- and neither is asked to look inside. Every tenant table carries creditor_id.

CREATE TABLE creditors (
    id             UUID PRIMARY KEY,
    slug           TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    legal_name     TEXT NOT NULL,
    tax_id         TEXT NOT NULL DEFAULT '',
    address        TEXT NOT NULL DEFAULT '',
    country        TEXT NOT NULL,
    language       TEXT NOT NULL,
    time_zone      TEXT NOT NULL,
    currency       TEXT NOT NULL,
    email          TEXT NOT NULL DEFAULT '',
    phone          TEXT NOT NULL DEFAULT '',
    website        TEXT NOT NULL DEFAULT '',
    colour         TEXT NOT NULL DEFAULT '',
    logo_svg       TEXT NOT NULL DEFAULT '',
    known_facts    TEXT NOT NULL,  -- JSON list, in the order they are asked: access.Fact
    required_tier  INTEGER NOT NULL DEFAULT 1, -- what opens the statement: 1 a known fact, 2 a fresh code
    stripe_account TEXT NOT NULL DEFAULT '',
    created_at     TIMESTAMP NOT NULL
);

CREATE TABLE debtors (
    id            UUID PRIMARY KEY,
    creditor_id   UUID NOT NULL REFERENCES creditors (id),
    external_id   TEXT NOT NULL,  -- the creditor's customer number
    kind          TEXT NOT NULL,  -- consumer, sole_trader, company, public_body
    name          TEXT NOT NULL DEFAULT '',
    tax_id        TEXT NOT NULL DEFAULT '',
    date_of_birth DATE,
    postal_code   TEXT NOT NULL DEFAULT '',
    address       TEXT NOT NULL DEFAULT '',
    city          TEXT NOT NULL DEFAULT '',
    country       TEXT NOT NULL,
    language      TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    email         TEXT NOT NULL DEFAULT '',
    phone         TEXT NOT NULL DEFAULT '',
    risk_grade    TEXT NOT NULL DEFAULT '',
    tags          TEXT NOT NULL DEFAULT '',
    opted_out     BOOLEAN NOT NULL DEFAULT FALSE, -- of reminders; receipts and codes still go out
    created_at    TIMESTAMP NOT NULL,
    UNIQUE (creditor_id, external_id)
);

-- What one debtor owes one creditor in one currency.
CREATE TABLE cases (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    debtor_id   UUID NOT NULL REFERENCES debtors (id),
    ref         TEXT NOT NULL UNIQUE,
    currency    TEXT NOT NULL,
    state       TEXT NOT NULL,  -- open, closed
    opened_at   TIMESTAMP NOT NULL,
    closed_at   TIMESTAMP,
    news_at     TIMESTAMP,      -- when something last happened that a collector should see
    UNIQUE (creditor_id, debtor_id, currency),
    UNIQUE (creditor_id, id)    -- what the big tables' one foreign key looks up
);
CREATE INDEX cases_news ON cases (creditor_id, news_at);

CREATE TABLE documents (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    case_id     UUID REFERENCES cases (id),
    kind        TEXT NOT NULL,  -- invoice_copy, agreement, receipt
    filename    TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    content     BYTEA NOT NULL,
    created_at  TIMESTAMP NOT NULL
);
CREATE INDEX documents_case ON documents (case_id);

-- What is still open of an invoice is derived from the ledger, never stored here.
-- Invoices come by the million: one key ties each to its creditor's case, because
-- every further one would be looked up for every row.
CREATE TABLE invoices (
    id           UUID PRIMARY KEY,
    creditor_id  UUID NOT NULL,
    case_id      UUID NOT NULL,
    number       TEXT NOT NULL,
    description  TEXT NOT NULL DEFAULT '',
    issued_on    DATE NOT NULL,
    due_on       DATE NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency     TEXT NOT NULL,
    disputed     BOOLEAN NOT NULL DEFAULT FALSE,
    settled_on   DATE,           -- the creditor's books say it was settled on this day
    document_id  UUID REFERENCES documents (id),
    created_at   TIMESTAMP NOT NULL,
    UNIQUE (creditor_id, number),
    FOREIGN KEY (creditor_id, case_id) REFERENCES cases (creditor_id, id)
);
CREATE INDEX invoices_case ON invoices (case_id, issued_on);

CREATE TABLE invoice_lines (
    id           UUID PRIMARY KEY,
    creditor_id  UUID NOT NULL REFERENCES creditors (id),
    invoice_id   UUID NOT NULL REFERENCES invoices (id),
    position     INTEGER NOT NULL,
    description  TEXT NOT NULL,
    quantity     TEXT NOT NULL DEFAULT '', -- as it is printed, for example "2 h"
    amount_minor BIGINT NOT NULL,
    UNIQUE (invoice_id, position)
);

-- The ledger: each row moves an amount from the credited to the debited account
-- of a case, so it balances by itself. Append-only; a correction is a reversal.
CREATE TABLE ledger_entries (
    id             UUID PRIMARY KEY,
    creditor_id    UUID NOT NULL,
    case_id        UUID NOT NULL,  -- no foreign key: the ledger is below the cases and stands by itself
    invoice_id     UUID,           -- an invoice of this case
    commitment_id  UUID,           -- the agreement this money counts towards
    transaction_id UUID NOT NULL,  -- entries of one event share it
    source         TEXT NOT NULL,  -- names the event: the same event is posted once
    leg            INTEGER NOT NULL,
    code           TEXT NOT NULL,  -- why: ledger.Code
    debit          TEXT NOT NULL,  -- ledger.Account
    credit         TEXT NOT NULL,
    amount_minor   BIGINT NOT NULL CHECK (amount_minor > 0),
    currency       TEXT NOT NULL,
    effective_on   DATE NOT NULL,
    posted_at      TIMESTAMP NOT NULL,
    reverses_id    UUID REFERENCES ledger_entries (id),
    CHECK (debit <> credit),
    UNIQUE (creditor_id, source, leg)
);
CREATE INDEX ledger_entries_case ON ledger_entries (case_id, effective_on);

CREATE TABLE policies (
    id           UUID PRIMARY KEY,
    creditor_id  UUID NOT NULL REFERENCES creditors (id),
    version      INTEGER NOT NULL,
    state        TEXT NOT NULL,  -- draft, published, retired
    effective_on DATE,
    document     TEXT NOT NULL,  -- JSON: offers.Policy
    author       TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    published_at TIMESTAMP,
    UNIQUE (creditor_id, version)
);
CREATE UNIQUE INDEX policies_one_draft ON policies (creditor_id) WHERE state = 'draft';

-- What a debtor was shown. It stays good until it expires, whatever the policy does.
CREATE TABLE offers (
    id             UUID PRIMARY KEY,
    creditor_id    UUID NOT NULL REFERENCES creditors (id),
    case_id        UUID NOT NULL REFERENCES cases (id),
    policy_version INTEGER NOT NULL,
    kind           TEXT NOT NULL,  -- early_payment, settlement, plan
    position       INTEGER NOT NULL,
    terms          TEXT NOT NULL,  -- JSON: offers.Terms
    facts          TEXT NOT NULL,  -- JSON: offers.Facts it was computed from, for replay
    balance_minor  BIGINT NOT NULL,
    currency       TEXT NOT NULL,
    state          TEXT NOT NULL,  -- shown, accepted, expired, withdrawn
    shown_at       TIMESTAMP NOT NULL,
    valid_until    TIMESTAMP NOT NULL
);
CREATE INDEX offers_case ON offers (case_id, state);
CREATE INDEX offers_due ON offers (valid_until) WHERE state = 'shown';
CREATE UNIQUE INDEX offers_one_of_each ON offers (case_id, position) WHERE state = 'shown';

-- Agreements and promises, on the creditor's case file.
CREATE TABLE commitments (
    id             UUID PRIMARY KEY,
    creditor_id    UUID NOT NULL REFERENCES creditors (id),
    case_id        UUID NOT NULL REFERENCES cases (id),
    offer_id       UUID UNIQUE REFERENCES offers (id), -- an offer is accepted once
    kind           TEXT NOT NULL,  -- plan, early_payment, settlement
    state          TEXT NOT NULL,  -- active, kept, broken, cancelled, superseded
    policy_version INTEGER NOT NULL,
    balance_minor  BIGINT NOT NULL, -- what was owed when it was agreed
    discount_principal_minor BIGINT NOT NULL, -- the discount falls away when it is kept
    discount_interest_minor  BIGINT NOT NULL,
    discount_fees_minor      BIGINT NOT NULL,
    total_minor    BIGINT NOT NULL, -- what is to be paid: balance - discount
    currency       TEXT NOT NULL,
    autopay        BOOLEAN NOT NULL DEFAULT FALSE,
    terms_text     TEXT NOT NULL,   -- exactly what was shown
    terms_sha256   TEXT NOT NULL,
    language       TEXT NOT NULL,
    shown_at       TIMESTAMP NOT NULL,
    accepted_at    TIMESTAMP NOT NULL,
    ip             TEXT NOT NULL,
    user_agent     TEXT NOT NULL,
    verified_by    TEXT NOT NULL,   -- how the person was verified, for example "invoice_last4+code:email"
    grace_days     INTEGER NOT NULL DEFAULT 0,
    document_id    UUID REFERENCES documents (id),
    ended_at       TIMESTAMP,
    end_reason     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX commitments_case ON commitments (case_id, accepted_at);
CREATE INDEX commitments_active ON commitments (state, id) WHERE state = 'active';

-- Which invoices an agreement covers; active is true while it runs, so that an
-- invoice is in one running agreement only.
CREATE TABLE commitment_invoices (
    commitment_id UUID NOT NULL REFERENCES commitments (id),
    invoice_id    UUID NOT NULL REFERENCES invoices (id),
    creditor_id   UUID NOT NULL REFERENCES creditors (id),
    active        BOOLEAN NOT NULL,
    PRIMARY KEY (commitment_id, invoice_id)
);
CREATE UNIQUE INDEX commitment_invoices_one_active ON commitment_invoices (invoice_id) WHERE active;

-- What falls due when. Whether one is paid is derived from the ledger.
CREATE TABLE instalments (
    id            UUID PRIMARY KEY,
    creditor_id   UUID NOT NULL REFERENCES creditors (id),
    commitment_id UUID NOT NULL REFERENCES commitments (id),
    position      INTEGER NOT NULL, -- 0 is the payment due at once
    due_on        DATE NOT NULL,
    amount_minor  BIGINT NOT NULL CHECK (amount_minor > 0),
    asked_at      TIMESTAMP,        -- when the debtor was asked to pay it
    warned_at     TIMESTAMP,        -- when they were told it was missed
    UNIQUE (commitment_id, position)
);
CREATE INDEX instalments_due ON instalments (due_on) WHERE asked_at IS NULL;

CREATE TABLE payments (
    id                UUID PRIMARY KEY,
    creditor_id       UUID NOT NULL REFERENCES creditors (id),
    case_id           UUID NOT NULL REFERENCES cases (id),
    commitment_id     UUID REFERENCES commitments (id),
    instalment_id     UUID REFERENCES instalments (id),
    state             TEXT NOT NULL,  -- payments.State
    amount_minor      BIGINT NOT NULL CHECK (amount_minor > 0),
    currency          TEXT NOT NULL,
    save_card         BOOLEAN NOT NULL DEFAULT FALSE,
    idempotency_key   TEXT NOT NULL UNIQUE, -- stored before the call it is for
    stripe_account    TEXT NOT NULL DEFAULT '',
    livemode          BOOLEAN NOT NULL,
    session_id        TEXT NOT NULL DEFAULT '',
    session_url       TEXT NOT NULL DEFAULT '',
    payment_intent_id TEXT NOT NULL DEFAULT '',
    charge_id         TEXT NOT NULL DEFAULT '',
    failure_code      TEXT NOT NULL DEFAULT '',
    quarantine_reason TEXT NOT NULL DEFAULT '', -- what differs between Stripe and us; nothing is applied
    language          TEXT NOT NULL,
    created_at        TIMESTAMP NOT NULL,
    expires_at        TIMESTAMP NOT NULL,
    ended_at          TIMESTAMP
);
CREATE INDEX payments_case ON payments (case_id, created_at);
CREATE INDEX payments_live ON payments (expires_at) WHERE state IN ('created', 'open', 'processing');
CREATE UNIQUE INDEX payments_session ON payments (session_id) WHERE session_id <> '';
CREATE UNIQUE INDEX payments_intent ON payments (payment_intent_id) WHERE payment_intent_id <> '';
-- At most one live or successful attempt for an instalment, and one live attempt for a case.
CREATE UNIQUE INDEX payments_one_per_instalment ON payments (instalment_id)
    WHERE instalment_id IS NOT NULL AND state IN ('created', 'open', 'processing', 'succeeded');
CREATE UNIQUE INDEX payments_one_live_per_case ON payments (case_id)
    WHERE state IN ('created', 'open', 'processing');

-- A debtor's customer and saved card at Stripe.
CREATE TABLE saved_cards (
    id                UUID PRIMARY KEY,
    creditor_id       UUID NOT NULL REFERENCES creditors (id),
    case_id           UUID NOT NULL REFERENCES cases (id),
    customer_id       TEXT NOT NULL,
    payment_method_id TEXT NOT NULL DEFAULT '',
    brand             TEXT NOT NULL DEFAULT '',
    last4             TEXT NOT NULL DEFAULT '',
    created_at        TIMESTAMP NOT NULL,
    UNIQUE (case_id)
);

-- Events as Stripe sent them: stored, acknowledged, then worked on.
CREATE TABLE stripe_events (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL,
    type         TEXT NOT NULL,
    livemode     BOOLEAN NOT NULL,
    payload      TEXT NOT NULL,
    received_at  TIMESTAMP NOT NULL,
    processed_at TIMESTAMP,
    outcome      TEXT NOT NULL DEFAULT '' -- applied, ignored, parked, quarantined
);

CREATE TABLE timeline_events (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    case_id     UUID NOT NULL REFERENCES cases (id),
    kind        TEXT NOT NULL,  -- cases.EventKind
    actor       TEXT NOT NULL,  -- debtor, staff, system, stripe
    actor_name  TEXT NOT NULL DEFAULT '',
    channel     TEXT NOT NULL DEFAULT '', -- portal, email, sms, console, import, api
    data        TEXT NOT NULL DEFAULT '{}',
    at          TIMESTAMP NOT NULL
);
CREATE INDEX timeline_events_case ON timeline_events (case_id, at, id);

CREATE TABLE tasks (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    case_id     UUID NOT NULL REFERENCES cases (id),
    kind        TEXT NOT NULL,
    data        TEXT NOT NULL DEFAULT '{}',
    due_at      TIMESTAMP NOT NULL,
    done_at     TIMESTAMP,
    created_at  TIMESTAMP NOT NULL
);
CREATE INDEX tasks_open ON tasks (creditor_id, due_at) WHERE done_at IS NULL;

CREATE TABLE reminder_settings (
    creditor_id  UUID PRIMARY KEY REFERENCES creditors (id),
    document     TEXT NOT NULL  -- JSON: reminders.Settings
);

-- Messages to debtors: written once, sent at least once, one dedupe key per fact.
CREATE TABLE messages (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    case_id     UUID NOT NULL REFERENCES cases (id),
    kind        TEXT NOT NULL,  -- reminders.Kind
    channel     TEXT NOT NULL,  -- email, sms
    recipient   TEXT NOT NULL,
    language    TEXT NOT NULL,
    subject     TEXT NOT NULL,
    text_body   TEXT NOT NULL,
    html_body   TEXT NOT NULL,
    document_id UUID REFERENCES documents (id),
    dedupe_key  TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL,  -- queued, sent, failed
    failure     TEXT NOT NULL DEFAULT '',
    created_at  TIMESTAMP NOT NULL,
    sent_at     TIMESTAMP
);
CREATE INDEX messages_case ON messages (case_id, created_at);

-- Locators: the reminder's link. Only its hash is kept, so a stolen table opens nothing.
CREATE TABLE links (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    case_id     UUID NOT NULL REFERENCES cases (id),
    token_hash  TEXT NOT NULL UNIQUE,
    created_at  TIMESTAMP NOT NULL,
    revoked_at  TIMESTAMP
);
CREATE INDEX links_case ON links (case_id);

CREATE TABLE debtor_sessions (
    id               UUID PRIMARY KEY, -- the JWT's id; a new one at each tier
    creditor_id      UUID NOT NULL REFERENCES creditors (id),
    case_id          UUID NOT NULL REFERENCES cases (id),
    link_id          UUID NOT NULL REFERENCES links (id),
    tier             INTEGER NOT NULL,
    fact             TEXT NOT NULL,    -- which known fact was given
    language         TEXT NOT NULL,
    code_channel     TEXT NOT NULL DEFAULT '',
    code_verified_at TIMESTAMP,
    pending          TEXT NOT NULL DEFAULT '', -- JSON: what the debtor was doing when a code was asked
    started_at       TIMESTAMP NOT NULL,
    seen_at          TIMESTAMP NOT NULL,
    ended_at         TIMESTAMP
);

CREATE INDEX debtor_sessions_link ON debtor_sessions (link_id);
CREATE INDEX debtor_sessions_case ON debtor_sessions (case_id);

CREATE TABLE one_time_codes (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    session_id  UUID NOT NULL REFERENCES debtor_sessions (id),
    code_hash   TEXT NOT NULL,
    channel     TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    expires_at  TIMESTAMP NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0,
    ended_at    TIMESTAMP  -- used, or replaced by a newer one
);
CREATE UNIQUE INDEX one_time_codes_one_live ON one_time_codes (session_id) WHERE ended_at IS NULL;

-- Counters shared by all replicas: wrong tries and request rates.
CREATE TABLE rate_counters (
    key        TEXT NOT NULL,
    window_at  TIMESTAMP NOT NULL,
    hits       INTEGER NOT NULL,
    PRIMARY KEY (key, window_at)
);

CREATE TABLE staff_users (
    id            UUID PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    language      TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    disabled_at   TIMESTAMP
);

CREATE TABLE staff_roles (
    user_id     UUID NOT NULL REFERENCES staff_users (id),
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    role        TEXT NOT NULL,  -- admin, collector
    PRIMARY KEY (user_id, creditor_id)
);

CREATE TABLE staff_sessions (
    id          UUID PRIMARY KEY,
    user_id     UUID NOT NULL REFERENCES staff_users (id),
    token_hash  TEXT NOT NULL UNIQUE,
    user_agent  TEXT NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    seen_at     TIMESTAMP NOT NULL,
    ended_at    TIMESTAMP
);

CREATE TABLE api_keys (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    name        TEXT NOT NULL,
    prefix      TEXT NOT NULL UNIQUE,
    key_hash    TEXT NOT NULL,
    scopes      TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    revoked_at  TIMESTAMP
);

-- Further creditors that an agency's key reads for.
CREATE TABLE api_key_creditors (
    key_id      UUID NOT NULL REFERENCES api_keys (id),
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    PRIMARY KEY (key_id, creditor_id)
);

-- One import, all or nothing: what was read and what came of it.
CREATE TABLE import_runs (
    id          UUID PRIMARY KEY,
    creditor_id UUID NOT NULL REFERENCES creditors (id),
    filename    TEXT NOT NULL,
    as_of       DATE NOT NULL,
    counts      TEXT NOT NULL,  -- JSON: intake.Counts
    finished_at TIMESTAMP NOT NULL
);

-- Facts about the installation itself, such as the demo's clock.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
SELECT 'forward only';
