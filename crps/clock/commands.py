"""`crps clock`: set, advance and show the virtual clock of a sandbox."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

import asyncpg
import typer
from rich.console import Console

from crps.clock.log import read_clock, set_clock
from crps.clock.reading import known, unread, wait_until_read
from crps.ending import end, run_or_end
from crps.scenario.words import read_instant, read_length
from crps.stack.standing import standing_system
from crps.stack.upstream import CLOCK_KEY_VARIABLE
from schemas.sandbox_v1 import CLOCK_ENDS
from schemas.topics import is_sandbox
from schemas.values import written

clock = typer.Typer(
    no_args_is_help=True,
    help="The virtual clock of a sandbox: append time and database clock alike. Once it was set it "
    "stands still until it is set again, and time never falls.",
)
console = Console(soft_wrap=True, highlight=False)

Environment = Annotated[
    str, typer.Option(envvar="CRPS_ENVIRONMENT", help="Name of the system; a sandbox only.")
]
Wait = Annotated[bool, typer.Option(help="Return when every service has read it.")]
Told = TypeVar("Told")

WAIT_SECONDS: Final = 15.0
"""How long the services may take to read it; one that is down does not."""
LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The system whose clock is meant."""

    kafka: str
    postgres: str
    key: str


@clock.command("set")
def set_to(
    instant: Annotated[str, typer.Argument(help="Such as 2026-01-10T04:00:00Z.")],
    environment: Environment = "sandbox",
    wait: Wait = True,
) -> None:
    """Set the clock: from now on it is that instant, for everything and everybody."""
    to = _read(read_instant, instant, "INSTANT_INVALID")
    sandbox = _sandbox(environment)
    stands_at = run_or_end(read_clock(sandbox.kafka))
    if stands_at is not None and to < stands_at:
        end(f"CLOCK_BACKWARDS: it is {written(stands_at)} there, and time never falls.")
    _set(sandbox, to, wait=wait)


@clock.command()
def advance(
    length: Annotated[str, typer.Argument(help="Such as 120h, 90m or 5d.")],
    environment: Environment = "sandbox",
    wait: Wait = True,
) -> None:
    """Set the clock to that much later than it stands."""
    by = _read(read_length, length, "LENGTH_INVALID")
    sandbox = _sandbox(environment)
    stands_at = run_or_end(read_clock(sandbox.kafka))
    if stands_at is None:
        end("CLOCK_NOT_SET: it runs as real time does. Begin with crps clock set INSTANT.")
    _set(sandbox, _later(stands_at, by), wait=wait)


@clock.command()
def show(environment: Environment = "sandbox") -> None:
    """Show where the clock stands, and how far each service has read that."""
    sandbox = _sandbox(environment)
    stands_at = run_or_end(read_clock(sandbox.kafka))
    if stands_at is None:
        console.print("The clock was never set: time is real.")
        return
    console.print(f"It is {written(stands_at)}.")
    for service, row in run_or_end(_known(sandbox.postgres)).items():
        read = "nothing of it"
        if row["partitions"]:
            read = f"{row['partitions']} partitions, {written(row['earliest'])} at the earliest"
        console.print(f"{service} has read {read}.")


def _set(sandbox: Sandbox, to: datetime, *, wait: bool) -> None:
    if to >= CLOCK_ENDS:
        end(f"INSTANT_INVALID: the clock ends with the year {CLOCK_ENDS.year - 1}", 2)
    unread = run_or_end(_tell(sandbox, to, wait=wait))
    if unread:
        end(
            f"CLOCK_NOT_READ: it is set to {written(to)}, but not yet read by"
            f" {', '.join(unread)}. See crps clock show."
        )
    console.print(f"It is {written(to)}.")


async def _tell(sandbox: Sandbox, to: datetime, *, wait: bool) -> Sequence[str]:
    """Set the clock; return the services that have not read it in all partitions in time."""
    partitions = await set_clock(sandbox.kafka, sandbox.key, to)
    if not wait:
        return ()
    async with _connected(sandbox.postgres) as conn:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                await wait_until_read(conn, partitions, to, look_s=LOOK_SECONDS)
                return ()
        return await unread(conn, partitions, to)


def _later(stands_at: datetime, by: timedelta) -> datetime:
    return stands_at + min(by, CLOCK_ENDS - stands_at)


def _read(read: Callable[[object], Told], text: str, code: str) -> Told:
    try:
        return read(text)
    except (ValueError, OverflowError) as error:
        end(f"{code}: {error}", 2)


def demand_sandbox(environment: str) -> None:
    """End with `CLOCK_REFUSED` unless the clock of this environment may be set."""
    if not is_sandbox(environment):
        end(f"CLOCK_REFUSED: {environment} is no sandbox; its time is the broker's alone.")


def _sandbox(environment: str) -> Sandbox:
    demand_sandbox(environment)
    standing = run_or_end(standing_system())
    if standing is None:
        end("NOTHING_STANDS: no system runs here. Start one with crps dev serve.")
    if standing.clock_key is None:
        end(
            f"CLOCK_KEY_MISSING: the system {standing.whose} has no key to set its clock by."
            f" Set {CLOCK_KEY_VARIABLE}, and that of the upstream `clock` in its services'"
            " CRPS_UPSTREAM_KEYS."
        )
    return Sandbox(standing.addresses.kafka, standing.addresses.postgres, standing.clock_key)


async def _known(dsn: str) -> Mapping[str, Any]:
    async with _connected(dsn) as conn:
        return await known(conn)


@contextlib.asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(dsn)
    try:
        yield conn
    finally:
        await conn.close()
