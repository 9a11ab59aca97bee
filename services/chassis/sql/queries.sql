-- name: read_clock
-- The one clock: this database's.
SELECT clock_timestamp();

-- name: read_clocks
-- The same, and by partition number the virtual one that a sandbox has in its place.
SELECT clock_timestamp() AS now,
       ARRAY(SELECT partition FROM virtual_time ORDER BY partition) AS partitions,
       ARRAY(SELECT stands_at FROM virtual_time ORDER BY partition) AS instants;

-- name: set_virtual_time
-- In these partitions it is those instants; time never falls.
INSERT INTO virtual_time AS v (partition, stands_at)
SELECT partition, stands_at
FROM unnest($1::integer[], $2::timestamptz[]) AS n (partition, stands_at)
ORDER BY partition
ON CONFLICT (partition) DO UPDATE SET stands_at = greatest(v.stands_at, excluded.stands_at);

-- name: held_of_contracts
-- What waits for these contracts.
SELECT contract_id, topic, partition, record_offset, appended_at, key, headers, value, reason,
       facts_offset
FROM held_record
WHERE contract_id = ANY($1::uuid[])
ORDER BY contract_id, topic, partition, record_offset;

-- name: held_contracts
-- Contracts with something to try again: all but the blocked ones and what waits behind them.
SELECT DISTINCT contract_id
FROM held_record
WHERE reason NOT IN ('blocked', 'behind')
ORDER BY contract_id
LIMIT 500;

-- name: held_since
-- What has waited since before this instant, the oldest first.
SELECT contract_id, topic, partition, record_offset, reason, held_at
FROM held_record
WHERE held_at < $1
ORDER BY held_at
LIMIT 500;

-- name: waiting_for_facts
-- Commands on unknown contracts, and how far their fact topics reached when they were read.
SELECT contract_id, topic, partition, record_offset, facts_offset
FROM held_record
WHERE reason = 'facts'
LIMIT 500;

-- name: settle_facts
-- Remember how far the fact topic reached when the command was read.
UPDATE held_record
SET facts_offset = $5
WHERE contract_id = $1 AND topic = $2 AND partition = $3 AND record_offset = $4;

-- name: lock_read_positions
-- How far these partitions were read; a second owner waits here for the first.
SELECT p.topic, p.partition, p.next_offset
FROM read_position p
JOIN unnest($1::text[], $2::integer[]) AS named (topic, partition) USING (topic, partition)
ORDER BY p.topic, p.partition
FOR UPDATE OF p;

-- name: move_read_positions
-- These partitions were read up to here.
INSERT INTO read_position AS p (topic, partition, next_offset)
SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[])
ON CONFLICT (topic, partition)
DO UPDATE SET next_offset = greatest(p.next_offset, excluded.next_offset);

-- name: read_positions
-- How far every partition was read.
SELECT topic, partition, next_offset FROM read_position;

-- name: load_register
-- The first answers to the command ids that the batch names.
SELECT r.contract_id, r.topic, r.party, r.command_id, r.body_digest, r.outcome, r.code, r.event_id,
       r.partition, r.record_offset
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
     AS named (contract_id, topic, party, command_id)
JOIN command_register AS r USING (contract_id, topic, party, command_id);

-- name: count_refusals
-- How many refusals each party of these contracts has on record.
SELECT contract_id, party, count(*) AS refusals
FROM command_register
WHERE contract_id = ANY($1::uuid[]) AND outcome = 'refused'
GROUP BY contract_id, party;

-- name: insert_register
-- Write down first answers; one that another process gave meanwhile is left out of the count.
INSERT INTO command_register (contract_id, topic, party, command_id, body_digest, outcome, code,
                              event_id, partition, record_offset, judged_at)
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[],
            $8::text[], $9::integer[], $10::bigint[], $11::timestamptz[])
ON CONFLICT (contract_id, topic, party, command_id) DO NOTHING;

-- name: block_held
-- A contract of which only held records are left cannot be written: block it.
UPDATE held_record SET reason = 'blocked', detail = $2 WHERE contract_id = $1;

-- name: hold_records
-- Keep records until what they wait for is there; a known one only changes its reason.
INSERT INTO held_record (contract_id, topic, partition, record_offset, appended_at, key, headers,
                         value, reason, detail, held_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::timestamptz[],
                     $6::bytea[], $7::bytea[], $8::bytea[], $9::text[], $10::text[],
                     $11::timestamptz[])
ON CONFLICT (contract_id, topic, partition, record_offset)
DO UPDATE SET reason = excluded.reason, detail = excluded.detail
WHERE held_record.reason IS DISTINCT FROM excluded.reason;

-- name: drop_held
-- These are done with.
DELETE FROM held_record h
USING unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[])
      AS done (contract_id, topic, partition, record_offset)
WHERE h.contract_id = done.contract_id AND h.topic = done.topic
  AND h.partition = done.partition AND h.record_offset = done.record_offset;

-- name: bury
-- Keep what cannot be read or was refused; the same record only once.
INSERT INTO dead_letter (contract_id, topic, partition, record_offset, appended_at, key, headers,
                         value, code, detail, quarantined_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::timestamptz[],
                     $6::bytea[], $7::bytea[], $8::bytea[], $9::text[], $10::text[],
                     $11::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING contract_id, topic, partition, record_offset;

-- name: write_events
-- What we say, for ever and to be sent, in this order; the bytes travel here once.
WITH said AS (
    SELECT *
    FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::bytea[],
                $7::smallint[], $8::bytea[])
         WITH ORDINALITY
         AS s (contract_id, topic, sequence, event_id, type, value, shard, key, position)
), kept AS (
    INSERT INTO journal (contract_id, topic, sequence, event_id, type, value, written_at)
    SELECT contract_id, topic, sequence, event_id, type, value, $9::timestamptz FROM said
)
INSERT INTO outbox (shard, topic, key, type, value, written_at)
SELECT shard, topic, key, type, value, $9 FROM said ORDER BY position;

-- name: write_outbox
-- What is to be sent and was said before, or is no event, in this order.
INSERT INTO outbox (shard, topic, key, type, value, headers, written_at)
SELECT shard, topic, key, type, value, string_to_array(nullif(headers, ''), chr(31)), $7
FROM unnest($1::smallint[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::text[])
     WITH ORDINALITY AS o (shard, topic, key, type, value, headers, position)
ORDER BY position;

-- name: lease_shards
-- Take every shard that is free, ended, or ours; a new token fences whoever held it before.
INSERT INTO relay_lease AS l (shard, owner, token, expires_at)
SELECT shard, $1, $2, statement_timestamp() + $4::interval
FROM unnest($3::smallint[]) AS shard
ON CONFLICT (shard) DO UPDATE
SET owner = excluded.owner, token = excluded.token, expires_at = excluded.expires_at
WHERE l.expires_at < statement_timestamp() OR l.owner = excluded.owner
RETURNING shard;

-- name: read_outbox
-- The oldest rows of each shard; a key lives in one shard, so its order is kept.
SELECT o.shard, o.id, o.topic, o.key, o.type, o.headers, o.value, o.not_before, o.written_at
FROM unnest($1::smallint[]) AS s (shard)
CROSS JOIN LATERAL (
    SELECT * FROM outbox WHERE outbox.shard = s.shard ORDER BY id LIMIT $2
) AS o
ORDER BY o.id;

-- name: delete_sent
-- Forget what the broker has, unless somebody else holds the shard by now.
DELETE FROM outbox o
USING unnest($1::smallint[], $2::bigint[]) AS sent (shard, id), relay_lease l
WHERE o.shard = sent.shard AND o.id = sent.id AND l.shard = o.shard AND l.token = $3;

-- name: outbox_age
-- Seconds that the oldest unsent row has waited; 0 when there is none.
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8 FROM outbox;

-- name: outbox_size
-- Rows that wait to be sent, and how long the oldest has, in seconds.
SELECT count(*) AS rows,
       coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8 AS age
FROM outbox;

-- name: held_by_reason
-- Records that wait, by what for, and how long the oldest has, in seconds.
SELECT reason, count(*) AS records,
       extract(epoch FROM clock_timestamp() - min(held_at))::float8 AS age
FROM held_record
GROUP BY reason;

-- name: blocked_contracts
-- Contracts that wait for an operator.
SELECT count(DISTINCT contract_id) FROM held_record WHERE reason = 'blocked';

-- name: retry_blocked
-- An operator lets a blocked contract try again.
UPDATE held_record SET reason = 'retry'
WHERE contract_id = $1 AND reason IN ('blocked', 'behind');
