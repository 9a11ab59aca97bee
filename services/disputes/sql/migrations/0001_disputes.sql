-- Disputes: what is contested, what each side claims, and how it ended. Amounts are minor units.

CREATE TABLE docket (
    contract_id     uuid        PRIMARY KEY,
    standing        text        NOT NULL,
    effective_at    timestamptz,
    last_t          timestamptz,
    disputes        integer     NOT NULL,
    events_sequence integer     NOT NULL,
    upstream        text        NOT NULL,
    payer_party     text        NOT NULL,
    payee_party     text        NOT NULL,
    asset           text        NOT NULL,
    tranches        text        NOT NULL,
    payer_key       text,
    payee_key       text,
    proof_required  boolean     NOT NULL,
    adjudicator     text,
    adjudicator_key text,
    noted_at        timestamptz NOT NULL,
    CONSTRAINT standing_is_known CHECK (standing IN
        ('ON_OFFER', 'EFFECTIVE', 'DECLINED', 'OFFER_LAPSED')),
    CONSTRAINT effect_has_an_instant CHECK (
        (effective_at IS NOT NULL) = (standing = 'EFFECTIVE')),
    CONSTRAINT two_parties_are_two CHECK (payer_party <> payee_party),
    CONSTRAINT two_parties_have_two_keys CHECK (payer_key <> payee_key),
    CONSTRAINT nobody_judges_his_own_case CHECK (
        adjudicator NOT IN (payer_party, payee_party)
        AND adjudicator_key IS DISTINCT FROM payer_key
        AND adjudicator_key IS DISTINCT FROM payee_key
        OR adjudicator IS NULL),
    CONSTRAINT an_adjudicator_signs CHECK ((adjudicator IS NULL) = (adjudicator_key IS NULL)),
    CONSTRAINT proof_needs_both_keys CHECK (
        NOT proof_required OR num_nulls(payer_key, payee_key) = 0),
    CONSTRAINT asset_has_code_and_exponent CHECK (asset ~ '^[A-Z]{3}/[0-9]$'),
    CONSTRAINT only_what_took_effect_is_disputed CHECK (disputes = 0 OR standing = 'EFFECTIVE'),
    CONSTRAINT counters_are_not_negative CHECK (least(disputes, events_sequence) >= 0)
) WITH (fillfactor = 80);
COMMENT ON COLUMN docket.last_t IS
    'The latest append time of the contract''s records on the commands topic: it never falls.';
COMMENT ON COLUMN docket.disputes IS
    'How many rows of dispute there are: of a contract without any they are not asked for.';
COMMENT ON COLUMN docket.tranches IS
    'The tranches'' names in the order of the terms, joined by commas; an unnamed one is empty.';

CREATE TABLE dispute (
    contract_id      uuid        NOT NULL,
    tranche          integer     NOT NULL,
    payer_claim      bigint      NOT NULL,
    payee_claim      bigint,
    contested        bigint      NOT NULL,
    payee            bigint      NOT NULL,
    payer            bigint      NOT NULL,
    parts_used       integer     NOT NULL,
    payee_proposed   boolean     NOT NULL,
    ending           text,
    amount           bigint      NOT NULL,
    silence_rule     boolean     NOT NULL,
    signed_ending    text        NOT NULL,
    fallback         text,
    ratio_bp         integer,
    odd_unit         text        NOT NULL,
    proposals_budget integer     NOT NULL,
    rail_minimum     bigint      NOT NULL,
    rail_whole_only  boolean     NOT NULL,
    rail_parts       bigint,
    contested_at_opening bigint  NOT NULL,
    opening_sequence integer     NOT NULL,
    opened_at        timestamptz NOT NULL,
    deadline_at      timestamptz NOT NULL,
    ruling_deadline_at timestamptz,
    PRIMARY KEY (contract_id, tranche),
    CONSTRAINT tranches_count_from_one CHECK (tranche >= 1),
    CONSTRAINT a_tranche_is_never_empty CHECK (amount > 0),
    CONSTRAINT buckets_are_not_negative CHECK (least(contested, payee, payer) >= 0),
    CONSTRAINT money_is_conserved CHECK (contested + payee + payer = amount),
    CONSTRAINT what_is_contested_only_falls CHECK (
        contested <= contested_at_opening AND contested_at_opening <= amount),
    CONSTRAINT what_the_payer_does_not_claim_is_the_payees CHECK (
        coalesce(ending, 'settled') <> 'settled' OR payee = amount - payer_claim),
    CONSTRAINT what_the_payee_does_not_claim_is_the_payers CHECK (
        coalesce(ending, 'settled') <> 'settled' OR payee_claim IS NULL
        OR payer = amount - payee_claim),
    CONSTRAINT what_ended_leaves_nothing_contested CHECK ((ending IS NULL) = (contested > 0)),
    CONSTRAINT nothing_is_contested_that_the_rail_cannot_move CHECK (
        contested = 0 OR contested >= rail_minimum),
    CONSTRAINT only_the_silent_lose_by_silence CHECK (
        ending IS DISTINCT FROM 'silence'
        OR (silence_rule AND payee_claim IS NULL AND NOT payee_proposed)),
    CONSTRAINT a_dispute_ends_as_agreed_or_signed CHECK (
        ending IN ('settled', 'proposal', 'silence', coalesce(fallback, signed_ending))
        OR (ending = 'ruling' AND signed_ending = 'external')),
    CONSTRAINT signed_ending_is_known CHECK (
        signed_ending IN ('to_payee', 'to_payer', 'ratio', 'external')),
    CONSTRAINT fallback_is_known CHECK (fallback IN ('to_payee', 'to_payer', 'ratio')),
    CONSTRAINT an_external_ending_is_bounded CHECK (
        num_nulls(fallback, ruling_deadline_at)
        = CASE WHEN signed_ending = 'external' THEN 0 ELSE 2 END),
    CONSTRAINT a_ratio_ending_has_its_ratio CHECK (
        (coalesce(fallback, signed_ending) = 'ratio') = (ratio_bp IS NOT NULL)),
    CONSTRAINT a_ratio_is_basis_points CHECK (ratio_bp BETWEEN 0 AND 10000),
    CONSTRAINT sides_are_known CHECK (odd_unit IN ('payer', 'payee')),
    CONSTRAINT parts_fit_the_rail CHECK (rail_parts IS NULL OR parts_used <= rail_parts),
    CONSTRAINT counters_are_not_negative CHECK (
        opening_sequence >= 1 AND rail_minimum >= 0 AND parts_used >= 0
        AND proposals_budget >= 1),
    CONSTRAINT a_dispute_has_a_length CHECK (opened_at < deadline_at),
    CONSTRAINT a_ruling_has_time_of_its_own CHECK (deadline_at < ruling_deadline_at)
) WITH (fillfactor = 80);
COMMENT ON COLUMN dispute.opening_sequence IS
    'Of dispute.opened among the contract''s events: what every event of the dispute rests on.';
COMMENT ON COLUMN dispute.parts_used IS
    'Instructions decided so far, out of rail_parts.';

COMMENT ON COLUMN dispute.payee_proposed IS
    'Whether the payee ever made a proposal, which ends its silence.';
COMMENT ON COLUMN dispute.ratio_bp IS
    'Basis points to the payee, where the ending or its fallback is a ratio.';

CREATE INDEX dispute_open ON dispute (contract_id) WHERE contested > 0;

CREATE TABLE proposal (
    contract_id uuid        NOT NULL,
    tranche     integer     NOT NULL,
    name        text        NOT NULL,
    made_by     text        NOT NULL,
    to_payee    bigint      NOT NULL,
    to_payer    bigint      NOT NULL,
    expires_at  timestamptz NOT NULL,
    command_id  text        NOT NULL,
    fate        text,
    PRIMARY KEY (contract_id, tranche, name),
    CONSTRAINT sides_are_known CHECK (made_by IN ('payer', 'payee')),
    CONSTRAINT a_proposal_divides_something CHECK (
        least(to_payee, to_payer) >= 0 AND to_payee + to_payer > 0),
    CONSTRAINT fate_is_known CHECK (fate IN ('accepted', 'withdrawn'))
);
COMMENT ON COLUMN proposal.fate IS
    'What a party made of it. That it expired shows in expires_at, that it is void in dispute: '
    'what is contested there is no longer to_payee + to_payer.';

CREATE UNIQUE INDEX proposal_accepted ON proposal (contract_id, tranche) WHERE fate = 'accepted';

CREATE FUNCTION refuse_second_fate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'proposal % of %: what was % stays so', OLD.name, OLD.contract_id, OLD.fate
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER fate_is_final
    BEFORE UPDATE ON proposal
    FOR EACH ROW
    WHEN (OLD.fate IS NOT NULL AND NEW.fate IS DISTINCT FROM OLD.fate)
    EXECUTE FUNCTION refuse_second_fate();

CREATE FUNCTION refuse_taking_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'tranche % of %: what is attributed stays so, and no claim rises',
        OLD.tranche, OLD.contract_id USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER attribution_is_final
    BEFORE UPDATE ON dispute
    FOR EACH ROW
    WHEN (NEW.payee < OLD.payee OR NEW.payer < OLD.payer OR NEW.contested > OLD.contested
          OR NEW.payer_claim > OLD.payer_claim OR NEW.payee_claim > OLD.payee_claim
          OR (NEW.payee_claim IS NULL AND OLD.payee_claim IS NOT NULL)
          OR NEW.parts_used < OLD.parts_used
          OR (OLD.payee_proposed AND NOT NEW.payee_proposed)
          OR (OLD.ending IS NOT NULL AND NEW.ending IS DISTINCT FROM OLD.ending))
    EXECUTE FUNCTION refuse_taking_back();

CREATE FUNCTION refuse_going_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket %: % never becomes %', OLD.contract_id, OLD.standing, NEW.standing
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER standing_is_final
    BEFORE UPDATE ON docket
    FOR EACH ROW
    WHEN (OLD.standing <> 'ON_OFFER' AND (NEW.standing <> OLD.standing
          OR NEW.effective_at IS DISTINCT FROM OLD.effective_at))
    EXECUTE FUNCTION refuse_going_back();

-- What was told, signed and said is written once; the rest changes only where it may.
REVOKE UPDATE, DELETE, TRUNCATE ON docket, dispute, proposal FROM svc_disputes;
GRANT UPDATE (standing, effective_at, last_t, disputes, events_sequence) ON docket TO svc_disputes;
GRANT UPDATE (payer_claim, payee_claim, contested, payee, payer, parts_used, payee_proposed, ending)
    ON dispute TO svc_disputes;
GRANT UPDATE (fate) ON proposal TO svc_disputes;
