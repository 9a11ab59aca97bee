"""How a command is answered: its values, and the rule of ids that stands before every law.

Pure, and all of the chassis that a domain may import: its decisions are made of these values.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, Literal, TypeVar

from schemas.refusals import Code, is_stored

REFUSALS_STORED_MAX: Final = 1_000
"""Stored refusals a party of one contract (SPEC section 4)."""

E = TypeVar("E")
"""What happens in a service: its domain's events."""


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What the register knows of a command id."""

    body_digest: bytes
    outcome: Literal["applied", "refused"]
    code: Code | None
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, under which id, and what was answered to that id before."""

    upstream: str
    party: str
    command_id: str
    body_digest: bytes
    first: FirstAnswer | None = None
    refusals_stored: int = 0
    proof: Callable[[str], bool] | None = None
    """Whether the signature that the command bears is by the holder of this public key (as in the
    terms); None: it bears none. Asked at most once, since it is the dearest check."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Something the asker could do now, and until when."""

    command: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Applied(Generic[E]):
    """Yes: these events, in this order. Empty for a message without effect."""

    events: tuple[E, ...] = ()


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


_SIGNATURE_REQUIRED: Final = Refusal(
    Code.SIGNATURE_REQUIRED, "the terms demand the party's own signature over this record"
)
_SIGNATURE_INVALID: Final = Refusal(
    Code.SIGNATURE_INVALID,
    "the proof is no signature of these bytes, for this system, under the party's key",
)

Outcome = Applied[E] | Refusal | Duplicate


@dataclass(frozen=True, slots=True)
class Decision(Generic[E]):
    """``due`` came of the clock alone and stands whatever ``outcome`` is."""

    outcome: Outcome[E]
    due: tuple[E, ...] = ()

    @property
    def applied(self) -> tuple[E, ...]:
        """Return the events of the outcome, none of them ``due``."""
        return self.outcome.events if isinstance(self.outcome, Applied) else ()


def unproven(asked: Asked, key: str | None, *, demanded: bool) -> Refusal | None:
    """Refuse a command that lacks a demanded signature, or bears one that is not its party's.

    ``key`` is the party's in the terms, None if they name none: a proof that is present must be
    valid, demanded or not (SPEC section 10). To be asked when nothing cheaper refuses any more.
    """
    if asked.proof is None:
        return _SIGNATURE_REQUIRED if demanded else None
    if key is None:
        return Refusal(Code.SIGNATURE_INVALID, f"the terms name no key of {asked.party}")
    return None if asked.proof(key) else _SIGNATURE_INVALID


def answer(asked: Asked, judge: Callable[[], Applied[E] | Refusal]) -> Outcome[E]:
    """Answer what its asker may ask: with the first answer, else as ``judge`` does.

    A refusal beyond those that may be stored uses up no id (SPEC sections 3 and 4).
    """
    first = asked.first
    if first is not None:
        if first.body_digest == asked.body_digest:
            return Duplicate(first)
        return Refusal(
            Code.IDEMPOTENCY_CONFLICT,
            f"command id {asked.command_id} was used with another body",
            {"first_body_digest": first.body_digest.hex()},
        )
    outcome = judge()
    if (
        isinstance(outcome, Refusal)
        and is_stored(outcome.code)
        and asked.refusals_stored >= REFUSALS_STORED_MAX
    ):
        return Refusal(
            Code.ACT_BUDGET_SPENT,
            f"{asked.party} was refused {asked.refusals_stored} times on this contract;"
            f" this one would be {outcome.code}",
            {"refusals_stored": str(asked.refusals_stored), "would_be": outcome.code},
        )
    return outcome
