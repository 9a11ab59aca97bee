-- name: load_dockets_for_update
-- Lock these contracts' dockets, in id order.
SELECT contract_id, standing, effective_at, last_t, disputes, events_sequence, upstream,
       payer_party, payee_party, asset, tranches, payer_key, payee_key, proof_required,
       adjudicator, adjudicator_key
FROM docket
WHERE contract_id = ANY($1::uuid[])
ORDER BY contract_id
FOR UPDATE;

-- name: load_disputes
-- The disputes of these contracts, open and ended, in the order of the terms.
SELECT contract_id, tranche, payer_claim, payee_claim, contested, payee, payer, parts_used,
       payee_proposed, ending, amount, silence_rule, signed_ending, fallback, ratio_bp, odd_unit,
       proposals_budget, rail_minimum, rail_whole_only, rail_parts, contested_at_opening,
       opening_sequence, opened_at, deadline_at, ruling_deadline_at
FROM dispute
WHERE contract_id = ANY($1::uuid[])
ORDER BY contract_id, tranche;

-- name: load_proposals
-- Of these contracts, the proposals that may still be alive, and those that a command names. Dead
-- is for good what less is contested than, or what expired before the last record that was judged.
SELECT p.contract_id, p.tranche, p.name, p.made_by, p.to_payee, p.to_payer, p.expires_at,
       p.command_id, p.fate
FROM proposal p
JOIN dispute d USING (contract_id, tranche)
JOIN docket k USING (contract_id)
WHERE p.contract_id = ANY($1::uuid[])
  AND ((p.fate IS NULL AND p.to_payee + p.to_payer = d.contested AND p.expires_at > k.last_t)
       OR (p.contract_id, p.name) IN (SELECT * FROM unnest($2::uuid[], $3::text[])))
ORDER BY p.contract_id, p.tranche, p.name;

-- name: insert_dockets
-- Write new dockets; one that another process wrote meanwhile is left out of the count.
INSERT INTO docket (contract_id, standing, effective_at, last_t, disputes, events_sequence,
                    upstream, payer_party, payee_party, asset, tranches, payer_key, payee_key,
                    proof_required, adjudicator, adjudicator_key, noted_at)
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::integer[],
            $6::integer[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::text[], $13::text[], $14::boolean[], $15::text[], $16::text[],
            $17::timestamptz[])
ON CONFLICT (contract_id) DO NOTHING;

-- name: update_dockets
-- Write what may change in dockets that were stored before.
UPDATE docket
SET standing = n.standing, effective_at = n.effective_at, last_t = n.last_t,
    disputes = n.disputes, events_sequence = n.events_sequence
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::integer[],
            $6::integer[])
     AS n (contract_id, standing, effective_at, last_t, disputes, events_sequence)
WHERE docket.contract_id = n.contract_id;

-- name: insert_disputes
-- Write new disputes.
INSERT INTO dispute (contract_id, tranche, payer_claim, payee_claim, contested, payee, payer,
                     parts_used, payee_proposed, ending, amount, silence_rule, signed_ending,
                     fallback, ratio_bp, odd_unit, proposals_budget, rail_minimum, rail_whole_only,
                     rail_parts, contested_at_opening, opening_sequence, opened_at, deadline_at,
                     ruling_deadline_at)
SELECT *
FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::bigint[], $8::integer[], $9::boolean[], $10::text[], $11::bigint[],
            $12::boolean[], $13::text[], $14::text[], $15::integer[], $16::text[], $17::integer[],
            $18::bigint[], $19::boolean[], $20::bigint[], $21::bigint[], $22::integer[],
            $23::timestamptz[], $24::timestamptz[], $25::timestamptz[]);

-- name: update_disputes
-- Write the disputes that changed.
UPDATE dispute
SET payer_claim = n.payer_claim, payee_claim = n.payee_claim, contested = n.contested,
    payee = n.payee, payer = n.payer, parts_used = n.parts_used,
    payee_proposed = n.payee_proposed, ending = n.ending
FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::bigint[], $8::integer[], $9::boolean[], $10::text[])
     AS n (contract_id, tranche, payer_claim, payee_claim, contested, payee, payer, parts_used,
           payee_proposed, ending)
WHERE dispute.contract_id = n.contract_id AND dispute.tranche = n.tranche;

-- name: insert_proposals
-- Write new proposals.
INSERT INTO proposal (contract_id, tranche, name, fate, made_by, to_payee, to_payer, expires_at,
                      command_id)
SELECT *
FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::bigint[],
            $7::bigint[], $8::timestamptz[], $9::text[]);

-- name: update_proposals
-- Write what the parties made of proposals.
UPDATE proposal
SET fate = n.fate
FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[])
     AS n (contract_id, tranche, name, fate)
WHERE proposal.contract_id = n.contract_id AND proposal.tranche = n.tranche
  AND proposal.name = n.name;

-- name: open_disputes
-- Disputes in which something is contested, and how much, by asset.
SELECT asset, count(*) AS disputes, sum(contested)::bigint AS contested
FROM dispute
JOIN docket USING (contract_id)
WHERE contested > 0
GROUP BY asset;
