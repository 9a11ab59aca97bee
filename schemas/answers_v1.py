"""Answers: what an asker hears of a command that led to no event.

On ``crps.contracts.answers.v1`` and ``crps.disputes.answers.v1``. What is applied is answered by
the event that the command caused.
"""

from typing import Literal

from schemas.fields import Fact, Instant, Token


class Allowed(Fact):
    """Something the asker could do now instead, and until when."""

    command: str
    until: Instant | None = None


class CommandRefused(Fact):
    """``crps.command.refused.v1``: no, with the code, the facts, and what is allowed now."""

    command_id: Token
    party: Token | None = None
    code: str
    """The reason, of the table of refusal codes."""
    detail: str
    """The same in words."""
    facts: dict[str, str]
    """What the refusal rests on, such as the remainder."""
    allowed: list[Allowed]
    """What the asker could do now instead."""


class CommandDuplicated(Fact):
    """``crps.command.duplicated.v1``: this id was already judged; here is its first answer."""

    command_id: Token
    party: Token
    first: Literal["applied", "refused"]
    code: str | None = None
    event_id: Token | None = None
    """Of an applied one: the event it led to."""
