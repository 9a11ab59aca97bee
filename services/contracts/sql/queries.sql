-- name: load_contracts_for_update
-- Lock these contracts, in id order.
SELECT contract_id, status, payer_accepted, payee_accepted, effective_at, last_t, parts, receipts,
       ledger_seen, disputes_seen, events_sequence, upstream, order_id, terms_digest,
       offer_expires_at, payer_party, payer_account, payee_party, payee_account, asset, rail,
       rail_minimum, rail_partial, rail_max_parts, acts_budget, proposals_budget, odd_unit,
       dispute_period_ms, dispute_silence_rule, dispute_ending, dispute_ratio_bp,
       dispute_ruling_ms, dispute_fallback, adjudicator, cap_extend_ms, cap_advance_ms, payer_key,
       payee_key, proof_required
FROM contract
WHERE contract_id = ANY($1::uuid[])
ORDER BY contract_id
FOR UPDATE;

-- name: load_tranches
-- The tranches of these contracts, in the order of the terms.
SELECT contract_id, number, name, amount, period_ms, period_days, period_zone, period_cutoff,
       period_calendar, free, contested, payee, payer, deadline_at, generation, first_deadline_at,
       arrived, payer_acts, payee_acts, dispute_opened_at, dispute_deadline_at, opening_payee,
       opening_payer
FROM tranche
WHERE contract_id = ANY($1::uuid[])
ORDER BY contract_id, number;

-- name: load_waiting_receipts
-- What was received towards the totals of contracts that are still on offer, in order.
SELECT contract_id, receipt, amount
FROM receipt
WHERE contract_id = ANY($1::uuid[]) AND fate = 'counted'
ORDER BY contract_id, ordinal;

-- name: load_terms
-- The canonical terms of contracts that may be accepted now.
SELECT contract_id, terms
FROM contract_terms
WHERE contract_id = ANY($1::uuid[]);

-- name: load_revocations
-- Who has revoked the consents given with these contracts.
SELECT contract_id, role
FROM revocation
WHERE contract_id = ANY($1::uuid[])
ORDER BY contract_id, role;

-- name: insert_contracts
-- Write new contracts; one that another process wrote meanwhile is left out of the count.
INSERT INTO contract (contract_id, status, payer_accepted, payee_accepted, effective_at, last_t,
                      parts, receipts, ledger_seen, disputes_seen, events_sequence, upstream,
                      order_id, terms_digest, offer_expires_at, payer_party, payer_account,
                      payee_party, payee_account, asset, total, rail, rail_minimum, rail_partial,
                      rail_max_parts, acts_budget, proposals_budget, odd_unit, dispute_period_ms,
                      dispute_silence_rule, dispute_ending, dispute_ratio_bp, dispute_ruling_ms,
                      dispute_fallback, adjudicator, cap_extend_ms, cap_advance_ms, payer_key,
                      payee_key, proof_required, offered_at)
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[],
            $6::timestamptz[], $7::integer[], $8::integer[], $9::integer[], $10::integer[],
            $11::integer[], $12::text[], $13::text[], $14::bytea[], $15::timestamptz[],
            $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::bigint[],
            $22::text[], $23::bigint[], $24::text[], $25::bigint[], $26::integer[],
            $27::integer[], $28::text[], $29::bigint[], $30::boolean[], $31::text[],
            $32::integer[], $33::bigint[], $34::text[], $35::text[], $36::bigint[],
            $37::bigint[], $38::text[], $39::text[], $40::boolean[], $41::timestamptz[])
ON CONFLICT (contract_id) DO NOTHING;

-- name: update_contracts
-- Write what may change in contracts that were stored before.
UPDATE contract
SET status = n.status, payer_accepted = n.payer_accepted, payee_accepted = n.payee_accepted,
    effective_at = n.effective_at, last_t = n.last_t, parts = n.parts, receipts = n.receipts,
    ledger_seen = n.ledger_seen, disputes_seen = n.disputes_seen,
    events_sequence = n.events_sequence
FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[],
            $6::timestamptz[], $7::integer[], $8::integer[], $9::integer[], $10::integer[],
            $11::integer[])
     AS n (contract_id, status, payer_accepted, payee_accepted, effective_at, last_t, parts,
           receipts, ledger_seen, disputes_seen, events_sequence)
WHERE contract.contract_id = n.contract_id;

-- name: insert_terms
-- Keep the canonical terms of new contracts.
INSERT INTO contract_terms (contract_id, terms)
SELECT * FROM unnest($1::uuid[], $2::bytea[]);

-- name: insert_tranches
-- Write the tranches of new contracts.
INSERT INTO tranche (contract_id, number, free, contested, payee, payer, deadline_at, generation,
                     first_deadline_at, arrived, payer_acts, payee_acts, dispute_opened_at,
                     dispute_deadline_at, opening_payee, opening_payer, name, amount, period_ms,
                     period_days, period_zone, period_cutoff, period_calendar)
SELECT *
FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::timestamptz[], $8::integer[], $9::timestamptz[], $10::bigint[], $11::integer[],
            $12::integer[], $13::timestamptz[], $14::timestamptz[], $15::bigint[], $16::bigint[],
            $17::text[], $18::bigint[], $19::bigint[], $20::integer[], $21::text[], $22::time[],
            $23::text[]);

-- name: update_tranches
-- Write the tranches that changed.
UPDATE tranche
SET free = n.free, contested = n.contested, payee = n.payee, payer = n.payer,
    deadline_at = n.deadline_at, generation = n.generation,
    first_deadline_at = n.first_deadline_at, arrived = n.arrived, payer_acts = n.payer_acts,
    payee_acts = n.payee_acts, dispute_opened_at = n.dispute_opened_at,
    dispute_deadline_at = n.dispute_deadline_at,
    opening_payee = n.opening_payee, opening_payer = n.opening_payer
FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::timestamptz[], $8::integer[], $9::timestamptz[], $10::bigint[], $11::integer[],
            $12::integer[], $13::timestamptz[], $14::timestamptz[], $15::bigint[], $16::bigint[])
     AS n (contract_id, number, free, contested, payee, payer, deadline_at, generation,
           first_deadline_at, arrived, payer_acts, payee_acts, dispute_opened_at,
           dispute_deadline_at, opening_payee, opening_payer)
WHERE tranche.contract_id = n.contract_id AND tranche.number = n.number;

-- name: insert_receipts
-- Write down what became of bank receipts.
INSERT INTO receipt (contract_id, receipt, ordinal, amount, asset, account, fate, judged_at)
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[],
            $7::text[], $8::timestamptz[]);

-- name: insert_revocations
-- Write down who revoked its consent.
INSERT INTO revocation (contract_id, role)
SELECT * FROM unnest($1::uuid[], $2::text[]);

-- name: newest_calendars
-- The newest version of these calendars, and how many of its days are left.
SELECT DISTINCT ON (id) id, version, last_day,
       last_day - (clock_timestamp() AT TIME ZONE 'UTC')::date AS days_left
FROM calendar
WHERE id = ANY($1::text[])
ORDER BY id, added DESC;

-- name: every_calendar
-- The newest version of every calendar, and how many of its days are left.
SELECT DISTINCT ON (id) id, version, first_day, last_day,
       last_day - (clock_timestamp() AT TIME ZONE 'UTC')::date AS days_left
FROM calendar
ORDER BY id, added DESC;

-- name: load_calendar
-- One version of a calendar, whole.
SELECT id, version, first_day, last_day, holidays, workdays
FROM calendar
WHERE id = $1 AND version = $2;

-- name: insert_calendar
-- Publish a version of a calendar; one that stands already is left as it is.
INSERT INTO calendar (id, version, first_day, last_day, holidays, workdays)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id, version) DO NOTHING
RETURNING version;
