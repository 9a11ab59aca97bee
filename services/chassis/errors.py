"""What can go wrong below the business, and what to do about it.

::

    ServiceError
     ├── Retryable         the surroundings failed: run the same batch again, with backoff
     │    └── ClockAhead   the broker's clock runs ahead of the database's: its partition waits
     ├── InvariantBroken   our own promise does not hold: stop, and wake somebody
     └── SettingsRefused   the environment does not say what the process needs: do not start

A business "no" is not here: it is a value (a refusal code), never an exception.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg

_RETRYABLE_SQLSTATE_CLASSES = ("08", "40", "53", "57")
"""Connection, transaction rollback, resources, operator intervention (ARCHITECTURE section 3)."""


class ServiceError(Exception):
    """Root of the chassis' errors."""


class Retryable(ServiceError):
    """The surroundings failed; the same work succeeds when they are back."""


class ClockAhead(Retryable):
    """A record was appended more than the tolerance ahead of the database's clock (SPEC 5)."""

    def __init__(self, waiting: Mapping[tuple[str, int], Any]) -> None:
        """Name, by topic and partition, the record at which it must wait."""
        super().__init__(f"records were appended too far ahead: {waiting}")
        self.waiting = waiting


class InvariantBroken(ServiceError):
    """A promise of our own does not hold."""


class SettingsRefused(ServiceError):
    """A setting is missing or wrong; the text names its variable and never its value."""


_RETRYABLE = (
    Retryable,
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    # What asyncpg says when the server ends a connection in the middle of a statement.
    asyncpg.InternalClientError,
)


def is_retryable(error: BaseException) -> bool:
    """Tell whether running the same transaction again can succeed."""
    if isinstance(error, _RETRYABLE):
        return True
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state[:2] in _RETRYABLE_SQLSTATE_CLASSES
