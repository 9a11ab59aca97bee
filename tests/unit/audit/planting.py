"""How a breach is planted and how the tests tell that it was found."""

from collections.abc import Callable
from dataclasses import replace

from crps.audit.books import InstructionRow
from tests.unit.audit.story import CONTRACT, Story, whole_story

Plant = Callable[[Story], None]


class Catalogue:
    """Plants of breaches, each with its invariant and a part of the sentence that names it."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, Plant]] = []

    def breaks(self, invariant: str, sentence: str) -> Callable[[Plant], Plant]:
        """Enter a plant."""

        def enter(plant: Plant) -> Plant:
            self.entries.append((invariant, sentence, plant))
            return plant

        return enter


def assert_found(invariant: str, sentence: str, plant: Plant) -> None:
    """Assert that the auditor finds what `plant` does to a story without fault."""
    story = whole_story()
    plant(story)
    result = story.judged()
    assert not result.ok
    assert str(CONTRACT) in result.invariants[invariant]
    assert any(
        text.startswith(f"{invariant} ") and sentence in text for text in result.violations
    ), result.violations


def set_balances(story: Story, **changed: int) -> None:
    assert story.ledger is not None
    story.ledger = replace(story.ledger, balances={**story.ledger.balances, **changed})


def set_entry(story: Story, debit: str, credit: str, amount: int) -> None:
    assert story.ledger is not None
    entries = {**story.ledger.entries, (debit, credit): amount}
    story.ledger = replace(story.ledger, entries=entries)


def set_row(story: Story, index: int, **changed: object) -> None:
    assert story.ledger is not None
    rows: list[InstructionRow] = list(story.ledger.instructions)
    rows[index] = replace(rows[index], **changed)  # type: ignore[arg-type]
    story.ledger = replace(story.ledger, instructions=tuple(rows))
