"""Structured JSON logs, one object a line, for our own lines and the libraries' alike.

Lines bear contract and correlation ids and never what a message says: amounts, accounts and other
payload stay out. An unforeseen exception may quote anything, so that of one only the type and the
frames are written; errors of the surroundings and our own say what they mean.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from services.chassis.errors import ServiceError

_TALKATIVE: Final = (ServiceError, OSError, KafkaError)
"""Errors whose words are about our surroundings or ourselves, and never about a message."""

RECORDS: Final = logging.getLogger("crps.records")
"""Enabled for DEBUG when every record is to be told."""


def configure(service: str, level: str = "info") -> None:
    """Write everything from ``level`` on, one JSON object a line.

    The libraries' lines begin at WARNING whatever ``level`` is.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _frames_only,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _first_line,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    RECORDS.setLevel(number)


def described(error: BaseException) -> str:
    """Return what may be said of ``error``: never a value that a message brought."""
    name = type(error).__name__
    if isinstance(error, asyncpg.PostgresError):
        parts = (error.sqlstate, error.table_name, error.column_name, error.constraint_name)
        return " ".join([name, *(str(part) for part in parts if part)])
    return repr(error) if isinstance(error, _TALKATIVE) else name


def _frames_only(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Write an exception without what it says and without the values around it."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    if isinstance(given, BaseException):
        error: BaseException | None = given
    else:
        error = given[1] if isinstance(given, tuple) else sys.exc_info()[1]
    if error is not None:
        event["exception"] = "\n".join(_lines(error))
    return event


def _lines(error: BaseException) -> Iterator[str]:
    if error.__cause__ is not None:
        yield from _lines(error.__cause__)
        yield "which caused"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} in {frame.name}"
    yield described(error)
    for inner in getattr(error, "exceptions", ()):
        yield from _lines(inner)


def _first_line(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Cut what a library adds below its message: a task's repr holds its exception's words."""
    event["event"] = str(event["event"]).split("\n", 1)[0]
    return event
