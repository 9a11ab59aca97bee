-- name: load_books_for_update
-- Lock the books of these contracts, in id order.
SELECT contract_id, asset, total, payer_account, payee_account, rail, terms_digest,
       offer_expires_at, phase, outside, received, free, contested, payee_due, payee_sent,
       payee_arrived, payer_due, payer_sent, payer_arrived, refund_due, refund_sent,
       refund_returned, entry_count, instruction_count, emptied, contracts_seen, disputes_seen,
       ledger_sequence, settlements_sequence
FROM book
WHERE contract_id = ANY($1::uuid[])
ORDER BY contract_id
FOR UPDATE;

-- name: load_receipts
-- The receipts that the batch names.
SELECT r.contract_id, r.reference, r.amount, r.asset, r.account, r.booked
FROM unnest($1::uuid[], $2::text[]) AS named (contract_id, reference)
JOIN receipt AS r USING (contract_id, reference);

-- name: load_instructions
-- The instructions that the batch names.
SELECT i.contract_id, i.instruction_id, i.uetr, i.side, i.cause, i.kind, i.amount,
       i.creditor_role, i.creditor_account, i.receipt, i.attempt, i.status, i.unknown, i.reason
FROM unnest($1::uuid[], $2::uuid[]) AS named (contract_id, instruction_id)
JOIN instruction AS i USING (contract_id, instruction_id);

-- name: load_reports
-- Which of the batch's bank event ids were used before, and for what body.
SELECT b.contract_id, b.event_id, b.body_digest
FROM unnest($1::uuid[], $2::text[]) AS named (contract_id, event_id)
JOIN bank_report AS b USING (contract_id, event_id);

-- name: insert_books
-- Open books, each with the accounts of its two parties.
WITH opened AS (
    INSERT INTO book (contract_id, phase, outside, received, free, contested, payee_due,
                      payee_sent, payee_arrived, payer_due, payer_sent, payer_arrived,
                      refund_due, refund_sent, refund_returned, entry_count, instruction_count,
                      emptied, contracts_seen, disputes_seen, ledger_sequence,
                      settlements_sequence, asset, total, payer_account, payee_account, rail,
                      terms_digest, offer_expires_at, opened_at)
    SELECT *
    FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
                $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::integer[],
                $17::integer[], $18::boolean[], $19::integer[], $20::integer[], $21::integer[],
                $22::integer[], $23::text[], $24::bigint[], $25::text[], $26::text[], $27::text[],
                $28::bytea[], $29::timestamptz[], $30::timestamptz[])
    RETURNING contract_id, payer_account, payee_account
)
INSERT INTO party_account (contract_id, role, account)
SELECT contract_id, 'payer', payer_account FROM opened
UNION ALL
SELECT contract_id, 'payee', payee_account FROM opened;

-- name: update_books
-- Write the balances and counters of books that were open before.
UPDATE book
SET phase = n.phase, outside = n.outside, received = n.received, free = n.free,
    contested = n.contested, payee_due = n.payee_due, payee_sent = n.payee_sent,
    payee_arrived = n.payee_arrived, payer_due = n.payer_due, payer_sent = n.payer_sent,
    payer_arrived = n.payer_arrived, refund_due = n.refund_due, refund_sent = n.refund_sent,
    refund_returned = n.refund_returned, entry_count = n.entry_count,
    instruction_count = n.instruction_count, emptied = n.emptied,
    contracts_seen = n.contracts_seen, disputes_seen = n.disputes_seen,
    ledger_sequence = n.ledger_sequence, settlements_sequence = n.settlements_sequence
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
            $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::integer[],
            $17::integer[], $18::boolean[], $19::integer[], $20::integer[], $21::integer[],
            $22::integer[])
    AS n (contract_id, phase, outside, received, free, contested, payee_due, payee_sent,
          payee_arrived, payer_due, payer_sent, payer_arrived, refund_due, refund_sent,
          refund_returned, entry_count, instruction_count, emptied, contracts_seen,
          disputes_seen, ledger_sequence, settlements_sequence)
WHERE book.contract_id = n.contract_id;

-- name: insert_entries
-- Book the batch's entries.
INSERT INTO entry (contract_id, entry_no, event_id, debit_account, credit_account, amount,
                   booked_at)
SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                     $7::timestamptz[]);

-- name: insert_receipts
-- Record the batch's new receipts.
INSERT INTO receipt (contract_id, reference, amount, asset, account, booked, event_id,
                     recorded_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::boolean[],
                     $7::text[], $8::timestamptz[]);

-- name: insert_instructions
-- Keep the batch's new instructions.
INSERT INTO instruction (contract_id, instruction_id, number, uetr, direction, side, cause, kind,
                         amount, creditor_role, creditor_account, receipt, event_id, event_hash,
                         issued_at, latest_execution_by, attempt, status, unknown, reason,
                         changed_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::bigint[], $10::text[], $11::text[], $12::text[],
                     $13::text[], $14::bytea[], $15::timestamptz[], $16::timestamptz[],
                     $17::integer[], $18::text[], $19::boolean[], $20::text[],
                     $21::timestamptz[]);

-- name: update_instructions
-- Write what the bank's reports taught us.
UPDATE instruction
SET status = n.status, unknown = n.unknown, reason = n.reason, changed_at = n.changed_at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[], $5::text[], $6::timestamptz[])
    AS n (contract_id, instruction_id, status, unknown, reason, changed_at)
WHERE instruction.contract_id = n.contract_id
  AND instruction.instruction_id = n.instruction_id;

-- name: insert_reports
-- Remember the bank's event ids of this batch.
INSERT INTO bank_report (contract_id, event_id, body_digest, type, topic, partition,
                         record_offset, reported_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::integer[],
                     $7::bigint[], $8::timestamptz[]);

-- name: open_instructions
-- Instructions whose money is not where it belongs yet, and the age of the oldest, by status; on a
-- virtual clock by that, since it is the one by which the bank is to keep its time.
SELECT status, count(*) AS instructions,
       extract(epoch FROM coalesce((SELECT max(stands_at) FROM virtual_time), clock_timestamp())
                          - min(issued_at))::float8 AS age
FROM instruction
WHERE status NOT IN ('arrived', 'returned')
GROUP BY status;
