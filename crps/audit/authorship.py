"""Who sent what: the records of the log by which a party itself gave a command."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from crps.audit.fold import standing_of
from crps.audit.messages import Message
from crps.audit.proofs import is_partys_own
from crps.audit.trail import Trail
from schemas.terms_v1 import Terms

TICK: Final = timedelta(milliseconds=1)
"""The broker stamps whole milliseconds."""


def sent_by(
    party: str,
    wire_type: str,
    command_id: str | None,
    trail: Trail,
    terms: Terms,
    commands: Iterable[Message],
) -> list[tuple[Message, Any]]:
    """Return the records among `commands` by which `party` gave this command.

    They must have come through the contract's own upstream, and bear the party's own signature
    where the terms demand it. An id may stand in the log more than once, so there may be several.
    """
    standing = standing_of(trail)
    return [
        (command, command.data)
        for command in commands
        if command.id == command_id
        and command.type == wire_type
        and command.data.party == party
        and standing is not None
        and command.upstream == standing.upstream
        and is_partys_own(command.proof, terms, party)
    ]


def named(terms: Terms, tranche: int | str | None) -> int | None:
    """Return the number of the tranche that a command names; None if it names no single one."""
    if tranche is None:
        return 1 if len(terms.tranches) == 1 else None
    if isinstance(tranche, int):
        return tranche
    names = [signed.name for signed in terms.tranches]
    return names.index(tranche) + 1 if tranche in names else None


def out_of_time(
    command: Message, judged_at: datetime, begin: datetime, ends: Iterable[datetime], period: str
) -> str | None:
    """Return why a command was not given in ``[begin, end)``, for any of `ends`; None if it was.

    Both its own append time and the time by which it was judged must lie before the end; it can't
    have been judged by an earlier time than it came (SPEC section 5).
    """
    ends = tuple(ends)
    if any(command.appended_at >= end for end in ends):
        return f"came at {command.appended_at}, when the {period} was over"
    if any(judged_at >= end for end in ends) or judged_at < command.appended_at:
        return f"came at {command.appended_at} and was judged as of {judged_at}"
    if judged_at < begin:
        return f"came at {command.appended_at}, before the {period} began"
    return None
