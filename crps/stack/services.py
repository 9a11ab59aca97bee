"""How the services are started: their modules, their environment, and when they are ready.

The command line knows the services by module name only; it runs them as separate processes and
talks to them through their health ports.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from crps.stack import process
from crps.stack.addresses import KAFKA_VARIABLE, POSTGRES_VARIABLE, Addresses
from crps.stack.errors import StackError
from crps.stack.finish import finish
from crps.stack.home import Home, home_at
from crps.stack.liveness import LINGERS_S, ending_what_lingers
from crps.stack.ports import free_port
from crps.stack.readiness import ask_readiness
from crps.stack.supervisor import Supervisor

_POLL_S = 0.1

# A service that dies this often before it is ready once has a cause that waiting will not mend.
_HOPELESS_RESTARTS = 4


@dataclass(frozen=True, slots=True)
class Program:
    """A service as a program: its module, and whether it has a schema in the database."""

    module: str
    has_schema: bool = True


PROGRAMS: Mapping[str, Program] = {
    "contracts": Program("services.contracts.app"),
    "disputes": Program("services.disputes.app"),
    "ledger": Program("services.ledger.app"),
    "scheduler": Program("services.scheduler.app"),
    "sandbox-bank": Program("connectors.sandbox_bank.app", has_schema=False),
}
ALL: tuple[str, ...] = tuple(PROGRAMS)


def variable(name: str, what: str) -> str:
    """Return a service's environment variable: `sandbox-bank`, `X` -> `CRPS_SANDBOX_BANK_X`."""
    return f"CRPS_{name.upper().replace('-', '_')}_{what}"


def service_dsn(admin_dsn: str, name: str) -> str:
    """Return the address of a service's own role: the same server and database, `svc_NAME`."""
    parts = urlsplit(admin_dsn)
    place = parts.netloc.rpartition("@")[2]
    role = f"svc_{name.replace('-', '_')}"
    return urlunsplit(parts._replace(netloc=f"{role}@{place}"))


def service_environment(
    name: str,
    addresses: Addresses,
    health_port: int,
    *,
    has_schema: bool,
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the whole environment of a service process.

    The caller's environment is passed on (`CRPS_UPSTREAM_KEYS` among it), except the
    administrator's address and the roles' passwords: a service has no more power than its own
    role. `extra` goes last.
    """
    env = {
        key: value
        for key, value in os.environ.items()
        if key != POSTGRES_VARIABLE and not key.endswith("_POSTGRES_PASSWORD")
    }
    env[KAFKA_VARIABLE] = addresses.kafka
    env["PYTHONUNBUFFERED"] = "1"  # A killed service must leave its last words in the log.
    env[variable(name, "HEALTH_PORT")] = str(health_port)
    if has_schema:
        env[variable(name, "POSTGRES")] = service_dsn(addresses.postgres, name)
    return env | dict(extra or {})


@asynccontextmanager
async def run_services(
    addresses: Addresses,
    home: Path | Home | None = None,
    names: Collection[str] = ALL,
    extra_env: Mapping[str, str] | None = None,
    *,
    programs: Mapping[str, Program] = PROGRAMS,
    ready_timeout_s: float = 60.0,
    lingers_s: float = LINGERS_S,
) -> AsyncIterator[Supervisor]:
    """Run the named services for the block, and stop them all when it ends, in any way.

    Returns once each answers 200 to `/health/ready`. One that runs and does not answer 200 to
    `/health/live` for `lingers_s` is killed and so started anew. Raises `StackError`
    (`SERVICE_NOT_READY`) naming the service, its last words and the end of its log.
    """
    place = home_at(home)
    supervisor = Supervisor(place)
    ports: dict[str, int] = {}
    try:
        for name in names:
            ports[name] = free_port(avoid=frozenset(ports.values()))
            env = service_environment(
                name,
                addresses,
                ports[name],
                has_schema=programs[name].has_schema,
                extra=extra_env,
            )
            await supervisor.start(name, [sys.executable, "-m", programs[name].module], env)
            place.health_file(name).write_text(f"{ports[name]}\n")
        await _all_ready(place, supervisor, ports, ready_timeout_s)
        async with ending_what_lingers(supervisor, ports, lingers_s=lingers_s):
            yield supervisor
    finally:
        await finish(supervisor.stop_all())
        for name in ports:
            place.health_file(name).unlink(missing_ok=True)


async def _all_ready(
    home: Home, supervisor: Supervisor, ports: Mapping[str, int], timeout_s: float
) -> None:
    troubles = await asyncio.gather(
        *(_wait_ready(supervisor, name, port, timeout_s) for name, port in ports.items())
    )
    for name, trouble in zip(ports, troubles, strict=True):
        if trouble is not None:
            log_file = home.log_file(name)
            raise StackError(
                "SERVICE_NOT_READY",
                f"{name} did not become ready on port {ports[name]}. Its last words:",
                *trouble.splitlines(),
                f"The end of {log_file}:",
                *process.tail(log_file).splitlines(),
            )


async def _wait_ready(supervisor: Supervisor, name: str, port: int, timeout_s: float) -> str | None:
    """Return `None` once the service is ready, else what it said last."""
    said = "nothing"
    try:
        async with asyncio.timeout(timeout_s):
            while supervisor.restarts[name] < _HOPELESS_RESTARTS:
                answer = await ask_readiness(port)
                if answer.ready:
                    return None
                said = answer.body
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        return f"{said} (after {timeout_s:.0f} s)"
    return f"{said} (it died {_HOPELESS_RESTARTS} times)"
