"""What a rule is: a question to terms that would not be refused, and what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.terms_v1 import Terms
from services.contracts.domain.calendars import Calendars
from services.contracts.domain.commands import ClaimedTerms
from services.contracts.domain.periods import Days, Derivation, derive

_MS: Final = timedelta(milliseconds=1)


class Severity(StrEnum):
    """How bad it is; the worst first."""

    REFUSED = "refused"
    """The offer would be refused."""
    WARNING = "warning"
    """Somebody may lose by it, or two readers understand two things."""
    NOTICE = "notice"
    """It may well be meant so."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Terms that nobody has signed yet, all of whose amounts and periods are such."""

    terms: Terms
    claimed: ClaimedTerms
    """The same, as contracts judges them."""
    at: datetime
    """When they would take effect."""
    calendars: Calendars

    @property
    def minimum(self) -> int:
        """The least that the rail moves, in minor units."""
        return max(int(self.terms.rail.minimum), 1)

    @property
    def periods_ms(self) -> list[int]:
        """The chain periods, in milliseconds, in the order of the tranches."""
        return [(deadline_at - self.at) // _MS for deadline_at, _ in self.deadlines]

    @property
    def deadlines(self) -> list[tuple[datetime, Derivation]]:
        """The deadlines and how they were found, in the order of the tranches."""
        found = []
        for tranche in self.claimed.tranches:
            named = tranche.period.calendar if isinstance(tranche.period, Days) else None
            derived = derive(tranche.period, self.at, self.calendars.get(named or ""))
            assert derived is not None, "what is not published is refused before"
            found.append(derived)
        return found


class Found(NamedTuple):
    """A clause, what happens by it, and to whom."""

    clause: str
    what: str


Find = Callable[[Draft], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One question: how bad a yes is, and what to write instead."""

    name: str
    severity: Severity
    instead: str
    find: Find


def rule(severity: Severity, instead: str) -> Callable[[Find], Rule]:
    """Make a function a rule, named like it."""

    def made(find: Find) -> Rule:
        return Rule(find.__name__.replace("_", "-"), severity, instead, find)

    return made


def length(ms: int) -> str:
    """Return a length of time as a person says it."""
    for unit, name in ((86_400_000, "days"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if ms >= 2 * unit or (ms >= unit and ms % unit == 0):
            return f"{ms / unit:.3g} {name}" if ms % unit else f"{ms // unit} {name}"
    return f"{ms} ms"
