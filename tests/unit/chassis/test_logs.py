"""What may be said of an error in a log: where it was and what it is, never a message's values."""

import json
import subprocess
import sys

import asyncpg
import pytest

from services.chassis.errors import InvariantBroken
from services.chassis.logs import described

SECRET = "account-77"

BROKEN = f"""
import logging
from services.chassis import logs
import structlog
logs.configure("toy")
log = structlog.get_logger()
try:
    raise ValueError("bad {SECRET}")
except ValueError:
    log.exception("own", contract_id="c-1")
    logging.getLogger("asyncio").error("never retrieved\\nfuture: {SECRET}", exc_info=True)
"""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError(SECRET), "KeyError"),
        (ValueError(SECRET), "ValueError"),
        (InvariantBroken("the log was cut"), "InvariantBroken('the log was cut')"),
        (ConnectionRefusedError(111, "refused"), "ConnectionRefusedError(111, 'refused')"),
    ],
)
def test_only_what_is_ours_says_what_it_means(error: Exception, said: str) -> None:
    assert described(error) == said


def test_a_broken_constraint_is_named_and_its_row_is_not() -> None:
    error = asyncpg.CheckViolationError(f"row with {SECRET} violates")
    error.table_name, error.constraint_name = "book", "a_contract_is_about_money"
    assert described(error) == "CheckViolationError 23514 book a_contract_is_about_money"


def test_an_exception_is_written_as_its_frames() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    assert [line["event"] for line in lines] == ["own", "never retrieved"]
    assert all(line["exception"].endswith("ValueError") for line in lines)
    assert lines[0]["contract_id"] == "c-1"
    assert SECRET not in done.stdout + done.stderr
