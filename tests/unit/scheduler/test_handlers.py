"""Which of a contract's timed events decides what waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import BaseModel

from schemas import topics
from schemas.contracts_v1 import OfferLapsed, Timed, Timer
from schemas.envelope import Envelope
from schemas.registry import MODELS
from services.chassis.errors import InvariantBroken
from services.chassis.inbox import Record, Turn
from services.scheduler.handlers import ContractTimers, Scheduler
from services.scheduler.messages import TIMED
from services.scheduler.store import CLAIM_LIMIT, QUERIES

CONTRACT = UUID("5b0c6f0e-6d53-4a3f-8d0c-0123456789ab")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def timer(tranche: int = 1, generation: int = 1, hours: int = 0) -> Timer:
    return Timer(
        timer="chain",
        tranche=tranche,
        generation=generation,
        due_at=NOON + timedelta(hours=hours),
    )


def record(version: int | None, *timers: Timer) -> Record:
    event = OfferLapsed(timers=list(timers), asset="CNY/2", returns=[])
    message = Envelope[BaseModel](
        specversion="1.0",
        id=f"{CONTRACT}/contracts/{version}",
        source="crps.contracts",
        type="crps.offer.lapsed.v1",
        subject=CONTRACT,
        time=NOON,
        sequence=version,
        data=event,
    )
    return Record(
        topic=topics.CONTRACTS_EVENTS.name,
        partition=0,
        offset=version or 0,
        appended_at=NOON,
        key=str(CONTRACT).encode(),
        headers=(),
        value=b"",
        contract_id=CONTRACT,
        message=message,
        upstream=None,
    )


def apply(known: ContractTimers | None, *records: Record) -> ContractTimers | None:
    turn = Turn(CONTRACT, "scheduler", NOON, {}, {})
    for each in records:
        known = Scheduler().apply(known, each, turn)
    assert turn.outgoing == []
    return known


def stored(version: int) -> ContractTimers:
    return ContractTimers(contract_id=CONTRACT, versions={"contracts": version})


@pytest.mark.parametrize(
    ("known", "versions", "winner"),
    [
        (None, [1], 1),
        (None, [1, 2, 3], 3),
        (None, [3, 1, 2], 3),
        (None, [2, 2], 2),
        (2, [3], 3),
        (2, [2], None),
        (3, [1, 2], None),
        (3, [2, 4, 1], 4),
    ],
)
def test_the_highest_version_wins_and_a_gap_does_not_matter(
    known: int | None, versions: list[int], winner: int | None
) -> None:
    aggregate = apply(
        None if known is None else stored(known),
        *(record(version, timer(generation=version)) for version in versions),
    )
    assert aggregate is not None
    moved = aggregate.moved.get("contracts")
    assert (moved.version if moved else None) == winner
    if moved:
        assert moved.timers == (timer(generation=moved.version),)
        assert aggregate.versions == {"contracts": moved.version}


def test_an_empty_set_is_a_set() -> None:
    aggregate = apply(stored(1), record(2))
    assert aggregate is not None
    assert aggregate.moved["contracts"].timers == ()


def test_an_event_of_ours_without_a_sequence_is_a_bug() -> None:
    with pytest.raises(InvariantBroken):
        apply(None, record(None, timer()))


def test_the_sources_count_their_versions_apart() -> None:
    theirs = replace(record(1, timer(tranche=2)), topic=topics.DISPUTES_EVENTS.name)
    aggregate = apply(stored(7), theirs)
    assert aggregate is not None
    assert aggregate.versions == {"contracts": 7, "disputes": 1}
    assert aggregate.moved["disputes"].timers == (timer(tranche=2),)


@pytest.mark.parametrize("topic", sorted(TIMED))
def test_every_message_with_timers_is_wanted_and_no_other(topic: str) -> None:
    assert TIMED[topic]
    for wire_type, model in MODELS[topic].items():
        assert (wire_type in TIMED[topic]) == ("timers" in model.model_fields)
        assert (wire_type in TIMED[topic]) == issubclass(model, Timed)


def test_a_round_is_full_when_the_statement_hit_its_limit() -> None:
    assert f"LIMIT {CLAIM_LIMIT}\n" in QUERIES["fire_due"]
