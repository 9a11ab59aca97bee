-- The tables every service has, in its own schema. The contract id leads every key, or its hash.

-- What this service has said, for ever: state can be rebuilt and republished from here.
CREATE TABLE journal (
    contract_id uuid        NOT NULL,
    topic       text        NOT NULL,
    sequence    integer     NOT NULL,
    event_id    text        NOT NULL,
    type        text        NOT NULL,
    value       bytea       NOT NULL,
    written_at  timestamptz NOT NULL,
    PRIMARY KEY (contract_id, topic, sequence),
    CONSTRAINT sequences_count_from_one CHECK (sequence >= 1)
);

-- What is still to be sent: the exact bytes, deleted by id once the broker has them.
CREATE TABLE outbox (
    shard      smallint    NOT NULL,
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    topic      text        NOT NULL,
    key        bytea       NOT NULL,
    type       text        NOT NULL,
    headers    text[],
    value      bytea       NOT NULL,
    not_before timestamptz,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (shard, id)
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);
COMMENT ON COLUMN outbox.not_before IS
    'A record appended earlier than this is sent again: due messages must not be early.';

-- Who may send which shard; the token fences whoever held it before.
CREATE TABLE relay_lease (
    shard      smallint    PRIMARY KEY,
    owner      text        NOT NULL,
    token      uuid        NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Records that cannot be applied yet: each says what it waits for.
CREATE TABLE held_record (
    contract_id   uuid        NOT NULL,
    topic         text        NOT NULL,
    partition     integer     NOT NULL,
    record_offset bigint      NOT NULL,
    appended_at   timestamptz NOT NULL,
    key           bytea,
    headers       bytea       NOT NULL,
    value         bytea,
    reason        text        NOT NULL,
    facts_offset  bigint,
    detail        text        NOT NULL,
    held_at       timestamptz NOT NULL,
    PRIMARY KEY (contract_id, topic, partition, record_offset),
    CONSTRAINT reason_is_known CHECK (reason IN
        ('gap', 'rests_on', 'facts', 'unregistered', 'blocked', 'behind', 'retry'))
);

-- How far the parties' topics were read, moved in the transaction of the batch: a record below it
-- was judged, whatever the group's committed offsets say after a crash or under a second owner.
CREATE TABLE read_position (
    topic       text    NOT NULL,
    partition   integer NOT NULL,
    next_offset bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- Where a sandbox's virtual clock stands, by partition number; empty until it is set, and for ever
-- in production.
CREATE TABLE virtual_time (
    partition integer     PRIMARY KEY,
    stands_at timestamptz NOT NULL
);

-- The first answer to each command id, for ever: whoever sends the id again is told the same.
CREATE TABLE command_register (
    contract_id   uuid        NOT NULL,
    topic         text        NOT NULL,
    party         text        NOT NULL,
    command_id    text        NOT NULL,
    body_digest   bytea       NOT NULL,
    outcome       text        NOT NULL,
    code          text,
    event_id      text,
    partition     integer     NOT NULL,
    record_offset bigint      NOT NULL,
    judged_at     timestamptz NOT NULL,
    PRIMARY KEY (contract_id, topic, party, command_id),
    CONSTRAINT digest_is_sha256 CHECK (octet_length(body_digest) = 32),
    CONSTRAINT outcome_is_known CHECK (outcome IN ('applied', 'refused')),
    CONSTRAINT the_first_answer_is_kept CHECK (
        (outcome = 'applied') = (event_id IS NOT NULL)
        AND (outcome = 'refused') = (code IS NOT NULL))
);

CREATE INDEX command_register_refused ON command_register (contract_id, party)
    WHERE outcome = 'refused';

DO $$
BEGIN
    -- What was said and answered stays so. The role that runs the service bears its schema's name.
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON journal, command_register FROM %I',
                   'svc_' || current_schema());
END
$$;

-- What could not be read, or was refused and must be looked at.
CREATE TABLE dead_letter (
    contract_id    uuid        NOT NULL,
    topic          text        NOT NULL,
    partition      integer     NOT NULL,
    record_offset  bigint      NOT NULL,
    appended_at    timestamptz NOT NULL,
    key            bytea,
    headers        bytea       NOT NULL,
    value          bytea,
    code           text        NOT NULL,
    detail         text        NOT NULL,
    quarantined_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, topic, partition, record_offset)
);
COMMENT ON COLUMN dead_letter.contract_id IS 'The nil uuid where the key was no contract id.';
