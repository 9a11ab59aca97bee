-- name: load_versions
-- The version of each contract's stored timers, by source.
SELECT contract_id, source, max(version) AS version
FROM timer
WHERE contract_id = ANY($1::uuid[])
GROUP BY contract_id, source;

-- name: arm_timers
-- Arm or move timers; an older version changes nothing, and an unmoved one that fired stays fired.
INSERT INTO timer AS t (contract_id, source, tranche, timer, generation, due_at, version, waiting)
SELECT contract_id, source, tranche, timer, generation, due_at, version, true
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::integer[], $6::timestamptz[],
            $7::integer[])
     AS n (contract_id, source, tranche, timer, generation, due_at, version)
ORDER BY contract_id, source, tranche
ON CONFLICT (contract_id, source, tranche) DO UPDATE
SET timer = excluded.timer,
    generation = excluded.generation,
    due_at = excluded.due_at,
    version = excluded.version,
    waiting = t.waiting
        OR (t.timer, t.generation, t.due_at)
            IS DISTINCT FROM (excluded.timer, excluded.generation, excluded.due_at),
    fired_at = CASE
        WHEN (t.timer, t.generation, t.due_at)
            IS NOT DISTINCT FROM (excluded.timer, excluded.generation, excluded.due_at)
        THEN t.fired_at
    END
WHERE excluded.version > t.version;

-- name: drop_timers
-- Forget what the newer version no longer names.
DELETE FROM timer t
USING unnest($1::uuid[], $2::text[], $3::integer[]) AS s (contract_id, source, version)
WHERE t.contract_id = s.contract_id AND t.source = s.source AND t.version < s.version;

-- name: fire_due
-- Claim what is due at $1 (or now) and announce it, in the order of the instants; claim and
-- announcement are one statement, so that neither exists without the other. On a virtual clock now
-- is where it was set last: by then every partition of the commands had been told, so that no
-- announcement can be early, and the broker's clock has no say.
WITH virtual AS MATERIALIZED (
    SELECT max(stands_at) AS now FROM virtual_time
), due AS MATERIALIZED (
    SELECT ctid
    FROM timer
    WHERE waiting
        AND due_at <= coalesce($1::timestamptz, (SELECT now FROM virtual), statement_timestamp())
    ORDER BY due_at
    LIMIT 500
    FOR UPDATE SKIP LOCKED
), fired AS (
    UPDATE timer t
    SET waiting = false,
        fired_at = coalesce($1::timestamptz, (SELECT now FROM virtual), clock_timestamp())
    -- The rows are locked, so their places are certain; by any key the plan could be a scan.
    WHERE t.ctid = ANY(ARRAY(SELECT ctid FROM due))
    RETURNING t.contract_id, t.source, t.tranche, t.timer, t.generation, t.due_at, t.fired_at,
              to_char(t.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS instant
), announced AS (
    INSERT INTO outbox (shard, topic, key, type, value, not_before, written_at)
    SELECT get_byte(uuid_send(contract_id), 15) & 15,
           concat('crps.', source, '.commands.v1'),
           convert_to(contract_id::text, 'UTF8'),
           'crps.deadline.reached.v1',
           convert_to(json_build_object(
               'specversion', '1.0',
               'id', concat_ws('/', contract_id, 'due', tranche, timer, generation),
               'source', 'crps.scheduler',
               'type', 'crps.deadline.reached.v1',
               'subject', contract_id,
               'time', instant,
               'dataschema', 'urn:crps:deadline:reached:v1',
               'data', json_build_object(
                   'timer', timer,
                   'tranche', tranche,
                   'generation', generation,
                   'due_at', instant
               )
           )::text, 'UTF8'),
           CASE WHEN (SELECT now FROM virtual) IS NULL THEN due_at END,
           clock_timestamp()
    FROM fired
    ORDER BY due_at, contract_id, tranche
    RETURNING id
)
SELECT ARRAY(
           SELECT extract(epoch FROM fired_at - due_at)::float8 FROM fired ORDER BY due_at
       ) AS late,
       extract(epoch FROM (
           SELECT min(due_at)
           FROM timer
           WHERE waiting
               AND due_at > coalesce($1::timestamptz, (SELECT now FROM virtual),
                                     statement_timestamp())
       ) - coalesce($1::timestamptz, statement_timestamp()))::float8 AS next_in,
       (SELECT now FROM virtual) IS NOT NULL AS is_virtual;
