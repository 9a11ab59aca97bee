"""A real PostgreSQL on this machine: one cluster a state folder, loopback only.

It owns the cluster's folder and process. Everyone on the loopback address is trusted, as befits a
database of throw-away data; durability settings are those of production, because the delivery
guarantees are tested on it.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path

import asyncpg

from crps.stack import process
from crps.stack.errors import StackError
from crps.stack.home import Home
from crps.stack.ports import LOOPBACK
from crps.stack.postgres_binaries import Binaries, find_binaries
from crps.stack.starting import wait_until_ready
from crps.stack.unprivileged import Account, hand_over, open_tree, server_account

NAME = "postgres"
DATABASE = "crps"
ADMIN = "postgres"

_PROBE_TIMEOUT_S = 5.0
_STOP_TIMEOUT_S = 20.0

# The newest version whose locales come from the operating system only.
_LAST_WITHOUT_BUILTIN_LOCALE = 16

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_ACCESS = f"host all all {LOOPBACK}/32 trust\n"


def admin_dsn(port: int) -> str:
    """Return the address of the administrator of our database."""
    return f"postgresql://{ADMIN}@{LOOPBACK}:{port}/{DATABASE}"


async def start(home: Home, port: int, *, tied: bool) -> None:
    """Start the server and return once our database answers. `tied`: it dies with this process.

    Raises `StackError`: what `find_binaries` and `server_account` raise, `POSTGRES_INIT_FAILED`,
    `POSTGRES_DIED`, `POSTGRES_NOT_READY`.
    """
    binaries = find_binaries()
    account = server_account()
    if account is not None:
        open_tree(binaries.root)
        hand_over(home.postgres, account)
    cluster = await _init_once(home, binaries, account)
    settings = {
        **SETTINGS,
        "listen_addresses": LOOPBACK,
        "unix_socket_directories": "",
        "port": str(port),
    }
    what = process.Launch(
        name=NAME,
        argv=[
            *(str(binaries.folder / "postgres"), "-D", str(cluster)),
            *(part for key, value in settings.items() for part in ("-c", f"{key}={value}")),
        ],
        env=_environment(),
        cwd=home.postgres,
        user=None if account is None else account.user,
        group=None if account is None else account.group,
        # Fast shutdown: the one signal that ends it soon and leaves a clean cluster.
        death_signal=signal.SIGINT if tied else None,
    )
    running = process.launch(home, what)
    await wait_until_ready(process.starting(home, NAME, running, lambda: create_database(port)))


async def stop(home: Home) -> bool:
    """Stop the server in fast mode: sessions end, the cluster is clean. False if it did not run."""
    return await process.stop(home, NAME, ask=signal.SIGINT, timeout_s=_STOP_TIMEOUT_S)


def _environment() -> dict[str, str]:
    # Settings of the caller's own databases must not leak into ours.
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}


async def _init_once(home: Home, binaries: Binaries, account: Account | None) -> Path:
    cluster, partial = home.postgres / "cluster", home.postgres / "cluster.partial"
    if cluster.is_dir():
        return cluster
    shutil.rmtree(partial, ignore_errors=True)
    command = [
        *(str(binaries.folder / "initdb"), "-D", str(partial), "-U", ADMIN),
        *("--auth=trust", *initdb_options(binaries.version)),
    ]
    # In a thread, because not every event loop can start a child as another user. It ends by
    # itself within a second, and the next start throws away what a cancelled one left.
    initdb = await asyncio.to_thread(
        subprocess.run,
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
        cwd=home.postgres,
        user=None if account is None else account.user,
        group=None if account is None else account.group,
        extra_groups=None if account is None else [],
    )
    if initdb.returncode != 0:
        last = (initdb.stdout + initdb.stderr).splitlines()[-15:]
        raise StackError("POSTGRES_INIT_FAILED", f"cannot make a cluster in {cluster}", *last)
    (partial / "pg_hba.conf").write_text(_ACCESS)
    partial.rename(cluster)
    return cluster


def initdb_options(version: int) -> list[str]:
    """Return how a cluster of this major version is made.

    Text is ordered by code point everywhere, so that results do not depend on the machine.
    """
    options = ["--encoding=UTF8", "--no-sync", "--locale=C"]
    if version > _LAST_WITHOUT_BUILTIN_LOCALE:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options


async def create_database(port: int) -> str | None:
    """Make our database where it is missing. `None` once it is there, else why not."""
    return await _run(
        f"postgresql://{ADMIN}@{LOOPBACK}:{port}/postgres",
        f"CREATE DATABASE {DATABASE}",
    )


async def probe(dsn: str) -> str | None:
    """Ask the database a question. `None` if it answers, else why not."""
    return await _run(dsn, "SELECT 1")


async def _run(dsn: str, statement: str) -> str | None:
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S):
            connection = await asyncpg.connect(dsn, timeout=_PROBE_TIMEOUT_S)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()
    except asyncpg.DuplicateDatabaseError:
        return None
    except TimeoutError:
        return f"no answer within {_PROBE_TIMEOUT_S:.0f} s"
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return f"{type(error).__name__}: {error}"
    return None
