-- Instants that somebody waits for: of contracts one row a tranche, moved from the offer's end to
-- its deadline; of disputes one for each that is open.

CREATE TABLE timer (
    contract_id uuid        NOT NULL,
    source      text        NOT NULL,
    tranche     integer     NOT NULL,
    timer       text        NOT NULL,
    generation  integer     NOT NULL,
    due_at      timestamptz NOT NULL,
    version     integer     NOT NULL,
    waiting     boolean     NOT NULL,
    fired_at    timestamptz,
    PRIMARY KEY (contract_id, source, tranche),
    CONSTRAINT source_is_a_service_we_listen_to CHECK (source IN ('contracts', 'disputes')),
    CONSTRAINT timer_is_of_its_source CHECK (
        CASE source WHEN 'disputes' THEN timer = 'dispute' ELSE timer IN ('offer', 'chain') END),
    CONSTRAINT tranches_generations_and_versions_count_from_one
        CHECK (least(tranche, generation, version) >= 1),
    CONSTRAINT a_timer_waits_or_has_fired CHECK (waiting = (fired_at IS NULL))
) WITH (fillfactor = 80);
COMMENT ON COLUMN timer.version IS 'Sequence of the event that named it: the highest one wins.';

-- What waits, in the order in which it is due: the loop reads from its left end only.
CREATE INDEX timer_waiting ON timer (due_at) WHERE waiting;
