"""The command register: a first answer is kept for ever, and read where its id is named.

On real PostgreSQL, and on the tables in memory, which must be the same to all that is above them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from schemas import topics
from schemas.refusals import Code
from services.chassis.answers import FirstAnswer
from services.chassis.errors import Retryable
from services.chassis.inbox import Record
from services.chassis.register import (
    Answerable,
    Answered,
    CommandKey,
    Register,
    key_of,
    load_registers,
    save_registers,
)
from tests.unit.records import record

from .toy import Bench, new_contract

APPLIED = FirstAnswer(b"a" * 32, "applied", None, "event-1")
REFUSED = FirstAnswer(b"r" * 32, "refused", Code.NO_CHANGE, None)


def command(contract_id: UUID, message_id: str, party: str = "alice") -> Record:
    return record(
        topics.CONTRACTS_COMMANDS.name,
        "contract.decline",
        message_id,
        {"party": party},
        contract_id=contract_id,
    )


async def save(
    bench: Bench, now: datetime, contract_id: UUID, answers: Mapping[CommandKey, FirstAnswer]
) -> None:
    register = Register({key: Answered(first, 3, 41, now) for key, first in answers.items()})
    aggregate = Answerable(contract_id=contract_id, register=register)
    async with bench.pool.acquire() as conn, conn.transaction():
        await save_registers(conn, [aggregate])


async def load(bench: Bench, *records: Record) -> dict[UUID, Register]:
    by_contract: dict[UUID, list[Record]] = {}
    for each in records:
        by_contract.setdefault(each.contract_id, []).append(each)
    async with bench.pool.acquire() as conn, conn.transaction():
        return dict(await load_registers(conn, by_contract))


async def test_first_answers_come_back_where_their_id_is_named(bench: Bench) -> None:
    one, two, now = new_contract(), new_contract(), await bench.now()
    yes, no = command(one, "yes"), command(one, "no")
    await save(bench, now, one, {key_of(yes): APPLIED, key_of(no): REFUSED})
    await save(bench, now, two, {key_of(command(two, "yes")): REFUSED})
    found = await load(bench, yes, command(one, "yes", "bob"), command(two, "other"))
    assert found[one].answers == {key_of(yes): Answered(APPLIED, 3, 41)}
    assert found[two].answers == {}
    assert (await load(bench, no))[one].answers == {key_of(no): Answered(REFUSED, 3, 41)}


async def test_an_id_is_scoped_to_its_topic(bench: Bench) -> None:
    one = new_contract()
    (_, party, command_id) = key_of(command(one, "c-1"))
    await save(bench, await bench.now(), one, {("another topic", party, command_id): APPLIED})
    assert await load(bench, command(one, "c-1")) == {}


async def test_refusals_on_record_are_counted_by_party_over_all_ids(bench: Bench) -> None:
    one, now = new_contract(), await bench.now()
    refused = [command(one, f"c-{number}") for number in range(3)]
    await save(bench, now, one, {key_of(each): REFUSED for each in refused})
    await save(bench, now, one, {key_of(command(one, "yes")): APPLIED})
    await save(bench, now, one, {key_of(command(one, "c-0", "bob")): REFUSED})
    register = (await load(bench, command(one, "new")))[one]
    assert register.answers == {}
    assert register.refusals == {"alice": 3, "bob": 1}
    assert register.refusals["carol"] == 0


async def test_a_first_answer_is_written_once(bench: Bench) -> None:
    one, now = new_contract(), await bench.now()
    key = key_of(command(one, "c-1"))
    await save(bench, now, one, {key: APPLIED})
    with pytest.raises(Retryable):
        await save(bench, now, one, {key: REFUSED, key_of(command(one, "c-2")): REFUSED})
    found = await load(bench, command(one, "c-1"), command(one, "c-2"))
    assert found[one].answers == {key: Answered(APPLIED, 3, 41)}
    assert found[one].refusals == {}


async def test_what_was_read_is_not_written_again(bench: Bench) -> None:
    one = new_contract()
    await save(bench, await bench.now(), one, {key_of(command(one, "c-1")): APPLIED})
    found = await load(bench, command(one, "c-1"))
    async with bench.pool.acquire() as conn, conn.transaction():
        await save_registers(conn, [Answerable(contract_id=one, register=found[one])])


async def test_a_batch_without_commands_asks_the_database_nothing() -> None:
    nowhere: Any = None
    emptied = {"asset": "CNY/2", "payee_arrived": "1", "payer_arrived": "0"}
    due = {"timer": "chain", "tranche": 1, "generation": 1, "due_at": "2026-01-05T04:00:00Z"}
    one = new_contract()
    records: Sequence[Record] = [
        record(topics.LEDGER_EVENTS.name, "books.emptied", "l-1", emptied, sequence=1),
        record(topics.CONTRACTS_COMMANDS.name, "deadline.reached", "d-1", due),
    ]
    assert await load_registers(nowhere, {one: records}) == {}
    await save_registers(nowhere, [Answerable(contract_id=one)])


BROKEN = [
    (b"short", "applied", None, "event-1", "digest_is_sha256"),
    (b"b" * 32, "duplicated", None, None, "outcome_is_known"),
    (b"b" * 32, "applied", None, None, "the_first_answer_is_kept"),
    (b"b" * 32, "applied", "NO_CHANGE", "event-1", "the_first_answer_is_kept"),
    (b"b" * 32, "refused", None, None, "the_first_answer_is_kept"),
    (b"b" * 32, "refused", "NO_CHANGE", "event-1", "the_first_answer_is_kept"),
]


@pytest.mark.connected
@pytest.mark.parametrize(("digest", "outcome", "code", "event_id", "constraint"), BROKEN)
async def test_the_database_keeps_no_answer_that_is_not_whole(
    postgres_bench: Bench,
    digest: bytes,
    outcome: Any,
    code: Any,
    event_id: str | None,
    constraint: str,
) -> None:
    one = new_contract()
    first = FirstAnswer(digest, outcome, None if code is None else Code(code), event_id)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await save(
            postgres_bench, await postgres_bench.now(), one, {key_of(command(one, "c")): first}
        )
    assert refused.value.constraint_name == constraint
