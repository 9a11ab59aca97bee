-- The books: balances that change, and entries that never do. Amounts are minor units.

CREATE TABLE book (
    contract_id          uuid        PRIMARY KEY,
    asset                text        NOT NULL,
    total                bigint      NOT NULL,
    payer_account        text        NOT NULL,
    payee_account        text        NOT NULL,
    rail                 text        NOT NULL,
    terms_digest         bytea       NOT NULL,
    offer_expires_at     timestamptz NOT NULL,
    phase                text        NOT NULL,
    outside              bigint      NOT NULL,
    received             bigint      NOT NULL,
    free                 bigint      NOT NULL,
    contested            bigint      NOT NULL,
    payee_due            bigint      NOT NULL,
    payee_sent           bigint      NOT NULL,
    payee_arrived        bigint      NOT NULL,
    payer_due            bigint      NOT NULL,
    payer_sent           bigint      NOT NULL,
    payer_arrived        bigint      NOT NULL,
    refund_due           bigint      NOT NULL,
    refund_sent          bigint      NOT NULL,
    refund_returned      bigint      NOT NULL,
    entry_count          integer     NOT NULL,
    instruction_count    integer     NOT NULL,
    emptied              boolean     NOT NULL,
    contracts_seen       integer     NOT NULL,
    disputes_seen        integer     NOT NULL,
    ledger_sequence      integer     NOT NULL,
    settlements_sequence integer     NOT NULL,
    opened_at            timestamptz NOT NULL,
    CONSTRAINT a_contract_is_about_money CHECK (total > 0),
    CONSTRAINT two_parties_have_two_accounts CHECK (payer_account <> payee_account),
    CONSTRAINT phase_is_known CHECK (phase IN ('offered', 'accepted', 'effective', 'ended')),
    CONSTRAINT no_account_inside_is_ever_negative CHECK (
        least(received, free, contested, payee_due, payee_sent, payee_arrived, payer_due,
              payer_sent, payer_arrived, refund_due, refund_sent, refund_returned) >= 0
    ),
    CONSTRAINT every_unit_came_from_outside CHECK (
        outside + received + free + contested + payee_due + payee_sent + payee_arrived
        + payer_due + payer_sent + payer_arrived + refund_due + refund_sent + refund_returned = 0
    ),
    CONSTRAINT once_effective_the_total_is_conserved CHECK (
        phase <> 'effective'
        OR total = free + contested + payee_due + payee_sent + payee_arrived
                 + payer_due + payer_sent + payer_arrived
    ),
    CONSTRAINT before_effect_nothing_has_entered CHECK (
        phase = 'effective'
        OR free + contested + payee_due + payee_sent + payee_arrived
         + payer_due + payer_sent + payer_arrived = 0
    ),
    CONSTRAINT books_are_emptied_exactly_when_all_has_arrived CHECK (
        emptied = (phase = 'effective' AND total = payee_arrived + payer_arrived)
    )
) WITH (fillfactor = 80);
COMMENT ON COLUMN book.outside IS
    'The payer''s side of the world: minus all that was ever received.';
COMMENT ON COLUMN book.contracts_seen IS
    'Sequence of the last record of crps.contracts.events.v1 that was applied.';
COMMENT ON COLUMN book.disputes_seen IS
    'The same of crps.disputes.events.v1.';

-- Whose accounts money may go to: the two of this contract and no other (I4).
CREATE TABLE party_account (
    contract_id uuid NOT NULL REFERENCES book,
    role        text NOT NULL,
    account     text NOT NULL,
    PRIMARY KEY (contract_id, role, account),
    CONSTRAINT there_are_two_parties CHECK (role IN ('payer', 'payee'))
);

-- Double entry: one transfer a row, never changed. The lawful moves are a closed list.
CREATE TABLE entry (
    contract_id    uuid        NOT NULL,
    entry_no       integer     NOT NULL,
    event_id       text        NOT NULL,
    debit_account  text        NOT NULL,
    credit_account text        NOT NULL,
    amount         bigint      NOT NULL,
    booked_at      timestamptz NOT NULL,
    PRIMARY KEY (contract_id, entry_no),
    CONSTRAINT entries_count_from_one CHECK (entry_no >= 1),
    CONSTRAINT zero_is_never_a_movement CHECK (amount > 0),
    CONSTRAINT money_never_crosses_to_the_other_side CHECK (
        (debit_account, credit_account) IN (
            ('outside', 'received'),
            ('received', 'free'), ('received', 'refund_due'),
            ('free', 'contested'),
            ('free', 'payee_due'), ('free', 'payer_due'),
            ('contested', 'payee_due'), ('contested', 'payer_due'),
            ('payee_due', 'payee_sent'), ('payee_due', 'payee_arrived'),
            ('payee_sent', 'payee_arrived'), ('payee_sent', 'payee_due'),
            ('payee_arrived', 'payee_due'),
            ('payer_due', 'payer_sent'), ('payer_due', 'payer_arrived'),
            ('payer_sent', 'payer_arrived'), ('payer_sent', 'payer_due'),
            ('payer_arrived', 'payer_due'),
            ('refund_due', 'refund_sent'), ('refund_due', 'refund_returned'),
            ('refund_sent', 'refund_returned'), ('refund_sent', 'refund_due'),
            ('refund_returned', 'refund_due')
        )
    )
);
COMMENT ON COLUMN entry.event_id IS 'The message because of which it was booked.';

-- What the bank confirmed under each receipt reference, booked or not.
CREATE TABLE receipt (
    contract_id uuid        NOT NULL,
    reference   text        NOT NULL,
    amount      bigint      NOT NULL,
    asset       text        NOT NULL,
    account     text        NOT NULL,
    booked      boolean     NOT NULL,
    event_id    text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, reference),
    CONSTRAINT a_receipt_is_of_money CHECK (amount > 0)
);

-- Instructions and what the bank said of their present attempt.
CREATE TABLE instruction (
    contract_id         uuid        NOT NULL,
    instruction_id      uuid        NOT NULL,
    number              integer     NOT NULL,
    uetr                uuid        NOT NULL,
    direction           text        NOT NULL,
    side                text        NOT NULL,
    cause               text        NOT NULL,
    kind                text        NOT NULL,
    amount              bigint      NOT NULL,
    creditor_role       text        NOT NULL,
    creditor_account    text        NOT NULL,
    receipt             text,
    event_id            text        NOT NULL,
    event_hash          bytea       NOT NULL,
    issued_at           timestamptz NOT NULL,
    latest_execution_by timestamptz NOT NULL,
    attempt             integer     NOT NULL,
    status              text        NOT NULL,
    unknown             boolean     NOT NULL,
    reason              text,
    changed_at          timestamptz NOT NULL,
    PRIMARY KEY (contract_id, instruction_id),
    CONSTRAINT the_creditor_is_a_party_of_this_contract
        FOREIGN KEY (contract_id, creditor_role, creditor_account)
        REFERENCES party_account (contract_id, role, account),
    CONSTRAINT settle_goes_to_the_payee_and_return_to_the_payer CHECK (
        (direction = 'settle' AND creditor_role = 'payee' AND side = 'payee')
        OR (direction = 'return' AND creditor_role = 'payer' AND side IN ('payer', 'refund'))
    ),
    CONSTRAINT a_refund_cites_its_receipt CHECK ((side = 'refund') = (receipt IS NOT NULL)),
    CONSTRAINT zero_is_never_instructed CHECK (amount > 0),
    CONSTRAINT attempts_count_from_one CHECK (attempt >= 1),
    CONSTRAINT kind_is_known CHECK (kind IN ('subjective', 'automatic')),
    CONSTRAINT status_is_known CHECK (status IN ('issued', 'acknowledged', 'accepted',
        'rejected', 'settled', 'arrived', 'returned'))
) WITH (fillfactor = 80);
-- What the bank still owes us an answer on; small, so that its ages can be looked at any time.
CREATE INDEX instruction_open ON instruction (status, issued_at)
    WHERE status NOT IN ('arrived', 'returned');
COMMENT ON COLUMN instruction.event_id IS 'The event that decided it; event_hash is of its bytes.';

-- The bank's own event ids, so that a report counts once.
CREATE TABLE bank_report (
    contract_id   uuid        NOT NULL,
    event_id      text        NOT NULL,
    body_digest   bytea       NOT NULL,
    type          text        NOT NULL,
    topic         text        NOT NULL,
    partition     integer     NOT NULL,
    record_offset bigint      NOT NULL,
    reported_at   timestamptz NOT NULL,
    PRIMARY KEY (contract_id, event_id)
);
COMMENT ON COLUMN bank_report.body_digest IS 'SHA-256 of type and data in a canonical form.';

-- What was said once is never unsaid: not by the service, not by anybody.
REVOKE UPDATE, DELETE, TRUNCATE ON entry, receipt, party_account, bank_report FROM svc_ledger;
REVOKE DELETE, TRUNCATE ON book, instruction FROM svc_ledger;

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the % table is append-only: book a new entry instead', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER entries_are_append_only
    BEFORE UPDATE OR DELETE ON entry
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER entries_are_never_truncated
    BEFORE TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
