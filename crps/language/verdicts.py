"""Whether a change of the published language breaks anybody: the direction decides.

What others write must stay right, so that narrowing breaks them. What we write must stay readable
to those who know the old schema, so that widening breaks them. What is gone breaks everybody.
Readers of events ignore fields they do not know: a new optional one breaks nobody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crps.language.changes import Change, changes

_LOST: Final = "whoever uses it loses it"
_UNKNOWN: Final = "readers may meet what they do not know"
_REFUSED: Final = "what others send may be refused"


@dataclass(frozen=True, slots=True)
class Language:
    """What is published: the schema of each wire type, and the types on each topic."""

    schemas: Mapping[str, dict[str, Any]]
    topics: Mapping[str, frozenset[str]]
    written_by_us: frozenset[str]
    """Topics that only our own services write."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A change of a topic or a wire type (``place``), whether it breaks somebody, and why."""

    place: str
    change: Change
    is_breaking: bool
    why: str


def verdicts(old: Language, new: Language) -> list[Verdict]:
    """Return every change from ``old`` to ``new``, judged."""
    return [*_of_topics(old, new), *_of_types(old, new)]


def _of_topics(old: Language, new: Language) -> Iterator[Verdict]:
    for topic, types in old.topics.items():
        if topic not in new.topics:
            yield _gone(topic, "topic removed")
            continue
        for wire_type in sorted(types - new.topics[topic]):
            yield _gone(topic, f"{wire_type} no longer stands here")
        for wire_type in sorted(new.topics[topic] - types):
            yield _come(topic, f"{wire_type} stands here now")
    for topic in sorted(new.topics.keys() - old.topics.keys()):
        yield _come(topic, "new topic")


def _of_types(old: Language, new: Language) -> Iterator[Verdict]:
    for wire_type, schema in old.schemas.items():
        if wire_type not in new.schemas:
            yield _gone(wire_type, "type removed")
            continue
        ours = all(
            topic in old.written_by_us for topic, types in old.topics.items() if wire_type in types
        )
        for change in changes(schema, new.schemas[wire_type]):
            yield _judged(wire_type, change, ours=ours)
    for wire_type in sorted(new.schemas.keys() - old.schemas.keys()):
        yield _come(wire_type, "new type")


def _judged(wire_type: str, change: Change, *, ours: bool) -> Verdict:
    if change.removes:
        return Verdict(wire_type, change, True, _LOST)
    if ours:
        why = _UNKNOWN if change.widens else "what readers know still holds"
        return Verdict(wire_type, change, change.widens, why)
    why = _REFUSED if change.narrows else "what others send is still right"
    return Verdict(wire_type, change, change.narrows, why)


def _gone(place: str, what: str) -> Verdict:
    return Verdict(place, Change("", what, removes=True), True, _LOST)


def _come(place: str, what: str) -> Verdict:
    return Verdict(place, Change("", what), False, "nobody knows it yet")
