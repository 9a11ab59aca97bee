"""The small words of a scenario file: lengths of time, instants, outcomes; strict models."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

_UNITS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_LONGEST_MS: Final = 1_000 * 366 * _UNITS["d"]
_PIECE: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
_REFUSED: Final = re.compile(r"refused ([A-Z][A-Z_]+)")


class NotYetKnownError(Exception):
    """The file asks for something of SCENARIOS.md that the services cannot do yet: what it is."""


class Strict(BaseModel):
    """Base of all that a file says: a key that is not of the grammar is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a message; as an expectation, only the facts it names are compared."""

    kind: Literal["applied", "duplicate", "refused", "quarantined", "unanswered"]
    code: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}: {value}" for name, value in self.facts.items())
        return " ".join(filter(None, (self.kind, self.code, facts and f"({facts})")))

    def met_by(self, found: "Came") -> bool:
        """Tell whether ``found`` is what this expects."""
        if self.kind != found.kind or self.code not in (None, found.code):
            return False
        return all(found.facts.get(name) == value for name, value in self.facts.items())


def read_length(raw: object) -> timedelta:
    """Read ``90m``, ``119h59m59.999s``, ``5d``; whole milliseconds, ValueError otherwise."""
    text = str(raw)
    pieces = _PIECE.findall(text)
    if "".join(number + unit for number, unit in pieces) != text or not pieces:
        raise ValueError("a time is written as 90m, 119h59m59.999s or 5d")
    milliseconds = sum(Decimal(number) * _UNITS[unit] for number, unit in pieces)
    if milliseconds > _LONGEST_MS:
        raise ValueError("no scenario is longer than a thousand years")
    if milliseconds % 1:
        raise ValueError("the log's clock has whole milliseconds")
    return timedelta(milliseconds=int(milliseconds))


def read_instant(raw: object) -> datetime:
    """Read an ISO instant with its offset, as text or as YAML reads it itself."""
    instant = datetime.fromisoformat(raw) if isinstance(raw, str) else raw
    if not isinstance(instant, datetime) or instant.tzinfo is None or instant.microsecond % 1000:
        raise ValueError("an instant is written as 2026-01-05T04:00:00Z, to the millisecond")
    return instant.astimezone(UTC)


def read_came(raw: object) -> Came:
    """Read ``applied``, ``refused CODE`` .. or ``{refused: CODE, fact: value}``."""
    if raw in ("applied", "duplicate", "quarantined"):
        return Came(raw)
    match = _REFUSED.fullmatch(raw) if isinstance(raw, str) else None
    if match is not None:
        return Came("refused", match[1])
    if isinstance(raw, dict) and isinstance(raw.get("refused"), str):
        facts = {str(name): str(value) for name, value in raw.items() if name != "refused"}
        return Came("refused", raw["refused"], facts)
    raise ValueError("expected is applied, duplicate, quarantined, refused CODE or {refused: CODE}")


def _read_minor(raw: object) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int) or not str(raw).isdecimal():
        raise ValueError('an expected amount is written in minor units: "7000"')
    return str(raw)


Length = Annotated[timedelta, BeforeValidator(read_length)]
Instant = Annotated[datetime, BeforeValidator(read_instant)]
Expected = Annotated[Any, BeforeValidator(read_came)]
Minor = Annotated[str, BeforeValidator(_read_minor)]
Party = Literal["payer", "payee", "platform", "operator", "adjudicator", "stranger"]
