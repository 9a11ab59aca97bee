"""Which failures mean "the same again", and which mean "never again"."""

import asyncpg
import pytest

from services.chassis.errors import ClockAhead, InvariantBroken, Retryable, is_retryable

AGAIN = [
    Retryable("x"),
    ClockAhead({}),
    OSError("x"),
    ConnectionResetError("x"),
    TimeoutError("x"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.ConnectionDoesNotExistError("x"),
    asyncpg.ConnectionFailureError("x"),
    asyncpg.DeadlockDetectedError("x"),
    asyncpg.SerializationError("x"),
    asyncpg.TooManyConnectionsError("x"),
    asyncpg.OutOfMemoryError("x"),
    asyncpg.DiskFullError("x"),
    asyncpg.AdminShutdownError("x"),
    asyncpg.CrashShutdownError("x"),
    asyncpg.CannotConnectNowError("x"),
    asyncpg.QueryCanceledError("x"),
]
NEVER = [
    InvariantBroken("x"),
    AssertionError("x"),
    ValueError("x"),
    KeyError("x"),
    asyncpg.UniqueViolationError("x"),
    asyncpg.CheckViolationError("x"),
    asyncpg.NotNullViolationError("x"),
    asyncpg.ForeignKeyViolationError("x"),
    asyncpg.CharacterNotInRepertoireError("x"),
    asyncpg.NumericValueOutOfRangeError("x"),
    asyncpg.RaiseError("x"),
    asyncpg.InsufficientPrivilegeError("x"),
    asyncpg.UndefinedTableError("x"),
]


@pytest.mark.parametrize("error", AGAIN, ids=lambda e: type(e).__name__)
def test_the_surroundings_failed(error: Exception) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize("error", NEVER, ids=lambda e: type(e).__name__)
def test_the_work_itself_fails(error: Exception) -> None:
    assert not is_retryable(error)


def test_a_foreign_sqlstate_is_no_reason() -> None:
    error = Exception("x")
    error.sqlstate = 40  # type: ignore[attr-defined]
    assert not is_retryable(error)
