"""Breaches of delivery: gaps, rewritten bytes, records lost, invented, waiting or quarantined."""

from dataclasses import replace
from uuid import UUID

import pytest

from crps.audit.auditor import judge
from crps.audit.books import Backlog, JournalRow
from crps.audit.log import Log, LogRecord
from schemas import topics
from tests.unit.audit.disputed_life import disputed_story
from tests.unit.audit.lives import whole_story
from tests.unit.audit.story import (
    BANK,
    BOOKS,
    COMMANDS,
    CONTRACT,
    DISPUTES,
    EVENTS,
    SETTLEMENTS,
    Story,
    at,
    money,
)

LETTERS = topics.dead_letters("ledger").name
STRANGER = UUID(int=99)


@pytest.fixture
def story() -> Story:
    return whole_story()


def breaches(story: Story, **options: frozenset[UUID]) -> list[str]:
    """Return what is wrong with delivery, and assert that no invariant is said to be broken."""
    result = story.judged(**options)
    assert set(result.invariants.values()) == {"ok"}
    assert all(text.startswith("delivery: ") for text in result.violations)
    return [text.removeprefix("delivery: ") for text in result.violations]


def letter(origin: tuple[str, int, int], value: bytes = b"not JSON", offset: int = 0) -> LogRecord:
    names = ("crps-origin-topic", "crps-origin-partition", "crps-origin-offset")
    headers = [(n, str(v).encode()) for n, v in zip(names, origin, strict=True)]
    return LogRecord(LETTERS, 0, offset, at(5), str(CONTRACT).encode(), tuple(headers), value)


def garbage(topic: str) -> LogRecord:
    return LogRecord(topic, 3, 900, at(5), str(CONTRACT).encode(), (), b"\xff\xfe")


# --- sequences ----------------------------------------------------------------------------------


def test_an_exact_repeat_is_lawful(story: Story) -> None:
    for said in [said for said in story.said if said.topic in (EVENTS, SETTLEMENTS)][-2:]:
        story.said.append(said)
    assert breaches(story) == []


def test_a_gap_is_found(story: Story) -> None:
    story.the("books.emptied").sequence = 3
    assert f"{BOOKS} of {CONTRACT}: sequence 3 follows 1" in breaches(story)


def test_a_gap_in_what_disputes_decided_is_found() -> None:
    story = disputed_story()
    story.the("dispute.ended", 1).sequence = 12
    found = f"{DISPUTES} of {CONTRACT}: sequence 12 follows 10"
    assert f"delivery: {found}" in story.judged().violations


def test_two_contents_of_one_sequence_are_found(story: Story) -> None:
    said = story.the("contract.closed")
    story.said.append(replace(said, second=said.second + 1))
    assert f"{EVENTS} of {CONTRACT}: sequence 6 has two contents" in breaches(story)


def test_a_record_out_of_its_order_is_found(story: Story) -> None:
    first, second = story.the("funding.received"), story.the("books.emptied")
    i, j = story.said.index(first), story.said.index(second)
    story.said[i], story.said[j] = second, first
    assert f"{BOOKS} of {CONTRACT}: sequence 2 follows 0" in breaches(story)


def test_a_record_in_another_partition_is_found(story: Story) -> None:
    story.the("books.emptied").partition = 4
    assert f"{BOOKS} of {CONTRACT} stands in several partitions" in breaches(story)


def test_a_record_without_sequence_is_found(story: Story) -> None:
    story.the("books.emptied").sequence = None
    assert any("has no sequence" in text for text in breaches(story))


# --- journal and topic --------------------------------------------------------------------------


def test_a_record_that_was_never_sent_is_found(story: Story) -> None:
    journal = story.schemas().journal
    story.journal = (*journal, JournalRow(CONTRACT, BOOKS, 3, "0" * 64))
    assert breaches(story) == [
        f"{BOOKS} 3 of {CONTRACT} is in the journal and never reached the topic"
    ]


def test_a_record_that_nobody_wrote_is_found(story: Story) -> None:
    story.journal = tuple(row for row in story.schemas().journal if row.topic != BOOKS)
    assert breaches(story) == [
        f"{BOOKS} {n} of {CONTRACT} is in the topic and in no journal" for n in (1, 2)
    ]


def test_other_bytes_in_the_topic_are_found(story: Story) -> None:
    story.journal = story.schemas().journal
    story.the("books.emptied").second += 0.001
    assert breaches(story) == [f"{BOOKS} 2 of {CONTRACT}: the journal's bytes are not the topic's"]


# --- what waits, what cannot be read ------------------------------------------------------------


def test_what_waits_is_found(story: Story) -> None:
    story.backlogs["ledger"] = Backlog(outbox=2, held={"blocked": 1, "gap": 3})
    assert breaches(story) == [
        "ledger: 2 records in the outbox were never sent",
        "ledger: 1 records are held, blocked",
        "ledger: 3 records are held, gap",
    ]


def test_a_dead_letter_is_found_unless_it_is_another_s(story: Story) -> None:
    origin = (BANK, 3, 900)
    # The relay may send it twice; it is one dead letter all the same.
    story.others = [garbage(BANK), letter(origin), letter(origin, offset=1)]
    story.backlogs["ledger"] = Backlog(dead_letters=1)
    assert breaches(story) == [f"ledger set {BANK}/3/900 aside"]
    assert breaches(story, contract_ids=frozenset({CONTRACT})) == breaches(story)
    assert breaches(story, contract_ids=frozenset({STRANGER})) == []
    assert story.judged().dead_letters == 1


def test_a_dead_letter_of_our_own_is_found_whosever_it_is(story: Story) -> None:
    story.others = [letter((SETTLEMENTS, 3, 900))]
    story.backlogs["ledger"] = Backlog(dead_letters=1)
    ours = [f"ledger set {SETTLEMENTS}/3/900 aside"]
    assert breaches(story, contract_ids=frozenset({STRANGER})) == ours


def test_a_dead_letter_that_was_never_published_is_found(story: Story) -> None:
    story.backlogs["ledger"] = Backlog(dead_letters=1)
    assert breaches(story) == ["ledger: 1 dead letters in the table, 0 in the topic"]


def test_what_parties_and_banks_garble_is_not_our_breach(story: Story) -> None:
    story.others = [garbage(COMMANDS), garbage(BANK)]
    assert breaches(story) == []


def test_what_we_garble_is_our_breach(story: Story) -> None:
    story.others = [garbage(SETTLEMENTS)]
    assert any(text.startswith(f"{SETTLEMENTS}/3/900: ") for text in breaches(story))


def test_a_quarantined_report_proves_nothing(story: Story) -> None:
    contradiction = {**story.the("instruction.arrived").data, "money": money(1)}
    story.say(BANK, "instruction.arrived", 5, contradiction, id="bank-9")
    assert story.judged().invariants["I4"] != "ok"
    story.others = [letter((BANK, 3, len(story.said) - 1))]
    story.backlogs["ledger"] = Backlog(dead_letters=1)
    assert breaches(story, contract_ids=frozenset({STRANGER})) == []


def test_our_own_events_are_judged_even_if_quarantined(story: Story) -> None:
    said = story.the("settlement.instructed")
    said.data["creditor_account"] = "acc-platform"
    story.others = [letter((SETTLEMENTS, 3, story.said.index(said)))]
    story.backlogs["ledger"] = Backlog(dead_letters=1)
    assert "stranger" in story.judged().invariants["I4"]


def test_a_missing_or_cut_topic_is_found(story: Story) -> None:
    log, schemas = story.log(), story.schemas()
    result = judge(Log(log.records, (BANK,), (f"{EVENTS}/3",)), schemas)
    assert result.violations == (
        f"delivery: {BANK} does not exist",
        f"delivery: {EVENTS}/3 no longer has its first records",
    )


def test_a_contract_that_only_the_schemas_know_is_found(story: Story) -> None:
    books = story.schemas().contracts[CONTRACT]
    schemas = replace(story.schemas(), contracts={CONTRACT: books, STRANGER: books})
    result = judge(story.log(), schemas)
    assert str(STRANGER) in result.invariants["I0"]


def test_two_contracts_must_not_share_an_instruction(story: Story) -> None:
    said = story.the("settlement.instructed")
    story.say(
        SETTLEMENTS,
        said.noun,
        5,
        said.data,
        decided_by=said.decided_by,
        contract_id=STRANGER,
        sequence=1,
    )
    found = [text for text in story.judged().violations if "also names" in text]
    assert len(found) == 2  # Its id and its UETR.
