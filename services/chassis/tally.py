"""What one committed transaction did, counted: plain tuples, made into metrics once a batch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from services.chassis.inbox import Flawed, Labels, Passed, Record, Turn, Unreadable

RECORD, COMMAND = "record", "command"


def count_refusal(flawed: Flawed, turn: Turn) -> None:
    """Count a command that broke the language and was refused."""
    turn.counted += [
        (RECORD, flawed.topic, "refused", flawed.code),
        (COMMAND, "refused", flawed.code),
    ]


def count_repeat(record: Record | Passed, turn: Turn) -> None:
    """Count a record that was recognised and changed nothing."""
    turn.counted.append((RECORD, record.topic, "repeat", ""))


def count_applied(record: Record | Passed, turn: Turn) -> None:
    """Count a record that was applied, and what a party's command was answered."""
    if isinstance(record, Passed):
        turn.counted.append((RECORD, record.topic, "passed", ""))
        return
    turn.counted.append((RECORD, record.topic, "applied", ""))
    if record.upstream is not None:
        answer, code = turn.answered or ("", "")
        # The type's last word says what became of it, such as crps.command.refused.v1.
        turn.counted.append((COMMAND, answer.split(".")[-2] if answer else "accepted", code))


def counts(turns: Sequence[Turn], letters: Iterable[Unreadable]) -> Counter[Labels]:
    """Return how often each thing happened in these turns and to these dead letters."""
    counted: Counter[Labels] = Counter(label for turn in turns for label in turn.counted)
    for turn in turns:
        counted.update(turn.summed)
    counted.update(_kept(turns))
    counted.update((RECORD, u.topic, "quarantined", u.code) for u in letters)
    return counted


def _kept(turns: Sequence[Turn]) -> Iterator[Labels]:
    for turn in turns:
        for place, reason, _ in turn.holds:
            # What was held before is tried again and again, and counts once.
            if not getattr(place, "held", False):
                yield (RECORD, place.topic, "held", reason.value)
        for letter in turn.quarantined:
            yield (RECORD, letter.topic, "quarantined", letter.code)
