-- Contracts: what was signed, and whose money it is by now. Amounts are minor units.

CREATE TABLE contract (
    contract_id          uuid        PRIMARY KEY,
    status               text        NOT NULL,
    payer_accepted       boolean     NOT NULL,
    payee_accepted       boolean     NOT NULL,
    effective_at         timestamptz,
    last_t               timestamptz,
    parts                integer     NOT NULL,
    receipts             integer     NOT NULL,
    ledger_seen          integer     NOT NULL,
    disputes_seen        integer     NOT NULL,
    events_sequence      integer     NOT NULL,
    upstream             text        NOT NULL,
    order_id             text        NOT NULL,
    terms_digest         bytea       NOT NULL,
    offer_expires_at     timestamptz NOT NULL,
    payer_party          text        NOT NULL,
    payer_account        text        NOT NULL,
    payee_party          text        NOT NULL,
    payee_account        text        NOT NULL,
    asset                text        NOT NULL,
    total                bigint      NOT NULL,
    rail                 text        NOT NULL,
    rail_minimum         bigint      NOT NULL,
    rail_partial         text        NOT NULL,
    rail_max_parts       bigint,
    acts_budget          integer     NOT NULL,
    proposals_budget     integer     NOT NULL,
    odd_unit             text        NOT NULL,
    dispute_period_ms    bigint      NOT NULL,
    dispute_silence_rule boolean     NOT NULL,
    dispute_ending       text        NOT NULL,
    dispute_ratio_bp     integer,
    dispute_ruling_ms    bigint,
    dispute_fallback     text,
    adjudicator          text,
    cap_extend_ms        bigint,
    cap_advance_ms       bigint,
    payer_key            text,
    payee_key            text,
    proof_required       boolean     NOT NULL,
    offered_at           timestamptz NOT NULL,
    CONSTRAINT status_is_known CHECK (status IN
        ('OFFERED', 'ACCEPTED', 'EFFECTIVE', 'ATTRIBUTED', 'CLOSED', 'DECLINED', 'OFFER_LAPSED')),
    CONSTRAINT nothing_takes_effect_before_both_accepted CHECK (
        status IN ('OFFERED', 'DECLINED', 'OFFER_LAPSED') OR (payer_accepted AND payee_accepted)),
    CONSTRAINT an_offer_is_not_accepted_by_both CHECK (
        status <> 'OFFERED' OR NOT (payer_accepted AND payee_accepted)),
    CONSTRAINT effect_has_an_instant CHECK (
        (effective_at IS NOT NULL) = (status IN ('EFFECTIVE', 'ATTRIBUTED', 'CLOSED'))),
    CONSTRAINT two_parties_are_two CHECK (payer_party <> payee_party),
    CONSTRAINT two_parties_have_two_accounts CHECK (payer_account <> payee_account),
    CONSTRAINT two_parties_have_two_keys CHECK (payer_key <> payee_key),
    CONSTRAINT keys_are_of_ed25519 CHECK (
        payer_key ~ '^[A-Za-z0-9_-]{43}$' AND payee_key ~ '^[A-Za-z0-9_-]{43}$'),
    CONSTRAINT proof_needs_both_keys CHECK (
        NOT proof_required OR num_nulls(payer_key, payee_key) = 0),
    CONSTRAINT asset_has_code_and_exponent CHECK (asset ~ '^[A-Z]{3}/[0-9]$'),
    CONSTRAINT a_contract_is_about_money CHECK (total BETWEEN 1 AND 999999999999999999),
    CONSTRAINT digest_is_sha256 CHECK (octet_length(terms_digest) = 32),
    CONSTRAINT sides_are_known CHECK (odd_unit IN ('payer', 'payee')),
    CONSTRAINT rail_partial_is_known CHECK (rail_partial IN ('many', 'none', 'single_shot')),
    CONSTRAINT parts_fit_the_rail CHECK (rail_max_parts IS NULL OR parts <= rail_max_parts),
    CONSTRAINT dispute_ending_is_known CHECK (
        dispute_ending IN ('to_payee', 'to_payer', 'ratio', 'external')),
    CONSTRAINT an_external_ending_is_bounded CHECK (
        num_nulls(dispute_ruling_ms, dispute_fallback)
        = CASE WHEN dispute_ending = 'external' THEN 0 ELSE 2 END),
    CONSTRAINT nobody_judges_his_own_case CHECK (
        adjudicator NOT IN (payer_party, payee_party)
        AND (adjudicator IS NULL OR dispute_ending = 'external')),
    CONSTRAINT dispute_fallback_is_known CHECK (
        dispute_fallback IN ('to_payee', 'to_payer', 'ratio')),
    CONSTRAINT a_ratio_ending_has_its_ratio CHECK (
        (coalesce(dispute_fallback, dispute_ending) = 'ratio') = (dispute_ratio_bp IS NOT NULL)),
    CONSTRAINT caps_have_a_length CHECK (cap_extend_ms > 0 AND cap_advance_ms >= 0),
    CONSTRAINT counters_are_not_negative CHECK (
        least(parts, receipts, ledger_seen, disputes_seen, events_sequence, rail_minimum) >= 0)
) WITH (fillfactor = 80);
COMMENT ON COLUMN contract.last_t IS
    'The latest append time of the contract''s records on the commands topic: it never falls.';
COMMENT ON COLUMN contract.cap_extend_ms IS
    'How far in all a deadline may be extended from the first one; null: not offered.';
COMMENT ON COLUMN contract.cap_advance_ms IS
    'How far in all a deadline may be advanced from the first one; null: without a bound.';
COMMENT ON COLUMN contract.parts IS
    'Instructions decided so far or granted to disputes, out of rail_max_parts.';

CREATE TABLE contract_terms (
    contract_id uuid  PRIMARY KEY,
    terms       bytea NOT NULL
);
COMMENT ON COLUMN contract_terms.terms IS
    'The canonical bytes (RFC 8785) that both sign; their SHA-256 is contract.terms_digest.';

CREATE TABLE tranche (
    contract_id         uuid        NOT NULL,
    number              integer     NOT NULL,
    name                text,
    amount              bigint      NOT NULL,
    period_ms           bigint,
    period_days         integer,
    period_zone         text,
    period_cutoff       time,
    period_calendar     text,
    free                bigint      NOT NULL,
    contested           bigint      NOT NULL,
    payee               bigint      NOT NULL,
    payer               bigint      NOT NULL,
    deadline_at         timestamptz,
    generation          integer     NOT NULL,
    first_deadline_at   timestamptz,
    arrived             bigint      NOT NULL,
    payer_acts          integer     NOT NULL,
    payee_acts          integer     NOT NULL,
    dispute_opened_at   timestamptz,
    dispute_deadline_at timestamptz,
    opening_payee       bigint,
    opening_payer       bigint,
    PRIMARY KEY (contract_id, number),
    CONSTRAINT tranches_count_from_one CHECK (number >= 1),
    CONSTRAINT a_tranche_is_never_empty CHECK (amount > 0),
    CONSTRAINT a_period_has_a_length CHECK (period_ms > 0 AND period_days BETWEEN 1 AND 36600),
    CONSTRAINT a_period_is_exact_or_in_days CHECK (
        CASE WHEN period_ms IS NULL
             THEN num_nulls(period_days, period_zone, period_cutoff) = 0
             ELSE num_nonnulls(period_days, period_zone, period_cutoff, period_calendar) = 0 END),
    CONSTRAINT buckets_are_not_negative CHECK (least(free, contested, payee, payer) >= 0),
    CONSTRAINT money_is_conserved CHECK (
        free + contested + payee + payer = CASE WHEN deadline_at IS NULL THEN 0 ELSE amount END),
    CONSTRAINT what_arrived_is_the_payees CHECK (arrived BETWEEN 0 AND payee),
    CONSTRAINT a_deadline_has_a_generation CHECK ((deadline_at IS NULL) = (generation = 0)),
    CONSTRAINT a_moved_deadline_keeps_its_first CHECK (
        (first_deadline_at IS NOT NULL) = (generation > 1)),
    CONSTRAINT acts_are_counted_up CHECK (least(payer_acts, payee_acts, generation) >= 0),
    CONSTRAINT an_opening_is_whole CHECK (
        num_nulls(dispute_opened_at, dispute_deadline_at, opening_payee, opening_payer) IN (0, 4)),
    CONSTRAINT only_an_opening_contests CHECK (
        CASE WHEN dispute_opened_at IS NULL THEN contested = 0
             ELSE free = 0 AND opening_payee <= payee AND opening_payer <= payer
                  AND dispute_opened_at < dispute_deadline_at END)
) WITH (fillfactor = 80);

CREATE FUNCTION refuse_taking_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'tranche % of %: attributed stays so, nothing is free or contested anew, and'
        ' no deadline moves without a new generation',
        OLD.number, OLD.contract_id USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER attribution_is_final
    BEFORE UPDATE ON tranche
    FOR EACH ROW
    WHEN (NEW.payee < OLD.payee OR NEW.payer < OLD.payer
          OR (OLD.deadline_at IS NOT NULL
              AND (NEW.free > OLD.free OR NEW.generation < OLD.generation
                   OR (NEW.generation = OLD.generation AND NEW.deadline_at <> OLD.deadline_at)
                   OR NEW.first_deadline_at <> OLD.first_deadline_at))
          OR (OLD.dispute_opened_at IS NOT NULL
              AND (NEW.contested > OLD.contested
                   OR (NEW.dispute_opened_at, NEW.dispute_deadline_at, NEW.opening_payee,
                       NEW.opening_payer)
                      IS DISTINCT FROM (OLD.dispute_opened_at, OLD.dispute_deadline_at,
                                        OLD.opening_payee, OLD.opening_payer))))
    EXECUTE FUNCTION refuse_taking_back();

CREATE TABLE receipt (
    contract_id uuid        NOT NULL,
    receipt     text        NOT NULL,
    ordinal     integer     NOT NULL,
    amount      bigint      NOT NULL,
    asset       text        NOT NULL,
    account     text        NOT NULL,
    fate        text        NOT NULL,
    judged_at   timestamptz NOT NULL,
    PRIMARY KEY (contract_id, receipt),
    CONSTRAINT receipts_count_from_one CHECK (ordinal >= 1),
    CONSTRAINT a_receipt_is_money CHECK (amount > 0),
    CONSTRAINT fate_is_known CHECK (fate IN ('counted', 'returned', 'refused'))
);
COMMENT ON COLUMN receipt.fate IS
    'counted: towards the total (what became of it follows from the contract''s status); '
    'returned: it never entered the total and went back; refused: never ours to move.';

CREATE TABLE revocation (
    contract_id uuid NOT NULL,
    role        text NOT NULL,
    PRIMARY KEY (contract_id, role),
    CONSTRAINT only_a_party_revokes CHECK (role IN ('payer', 'payee'))
);
COMMENT ON TABLE revocation IS
    'Who has revoked its consent, for future contracts: here a second one is no change.';

-- Business calendars: for operators to publish, for this service to read. A version never changes.
CREATE TABLE calendar (
    id        text        NOT NULL,
    version   text        NOT NULL,
    first_day date        NOT NULL,
    last_day  date        NOT NULL,
    holidays  date[]      NOT NULL,
    workdays  date[]      NOT NULL,
    added     bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    added_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (id, version),
    CONSTRAINT a_calendar_has_days CHECK (first_day <= last_day)
);
COMMENT ON COLUMN calendar.added IS 'Of several versions the one that was added last counts.';

CREATE FUNCTION refuse_another_past() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'calendar % % was published: deadlines rest on it', OLD.id, OLD.version
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER a_published_calendar_stands
    BEFORE UPDATE OR DELETE ON calendar
    FOR EACH ROW EXECUTE FUNCTION refuse_another_past();

-- What was signed and received is written once; the rest changes only where it may.
REVOKE UPDATE, DELETE, TRUNCATE ON contract, contract_terms, tranche, receipt, revocation
    FROM svc_contracts;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON calendar FROM svc_contracts;
GRANT UPDATE (status, payer_accepted, payee_accepted, effective_at, last_t, parts, receipts,
              ledger_seen, disputes_seen, events_sequence) ON contract TO svc_contracts;
GRANT UPDATE (free, contested, payee, payer, deadline_at, generation, first_deadline_at, arrived,
              payer_acts, payee_acts, dispute_opened_at, dispute_deadline_at, opening_payee,
              opening_payer)
    ON tranche TO svc_contracts;
