"""What a decision is: what time itself had decided before, and the answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.refusals import Code
from services.disputes.domain.commands import FirstAnswer
from services.disputes.domain.docket import Dispute
from services.disputes.domain.events import Event


@dataclass(frozen=True, slots=True)
class Allowed:
    """Something the asker could do now, and until when."""

    command: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """Yes: these events, in this order. Empty for a message without effect."""

    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """No: why, the facts it rests on, and what is allowed now."""

    code: Code
    detail: str
    facts: dict[str, str] = field(default_factory=dict)
    allowed: tuple[Allowed, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Judged before: here is the first answer."""

    first: FirstAnswer


Outcome = Applied | Refusal | Duplicate


@dataclass(frozen=True, slots=True)
class Decision:
    """``due`` came of the clock alone and stands whatever ``outcome`` is."""

    outcome: Outcome
    due: tuple[Event, ...] = ()


def allowed(disputes: Iterable[Dispute]) -> tuple[Allowed, ...]:
    """Return what either party could do in these disputes, and until when (SPEC section 4).

    The endings due by now are executed, so what is open has its deadline before it.
    """
    until = [each.deadline_at for each in disputes if each.is_open]
    return (Allowed("claim.lower", max(until)),) if until else ()


def written(instant: datetime) -> str:
    """Return an instant as facts show it: UTC, to the microsecond, as on the wire."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
