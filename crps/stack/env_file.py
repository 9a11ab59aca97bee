"""The file `.env`: secrets and ports of the system that docker compose runs."""

import secrets
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from crps.stack.addresses import KAFKA_VARIABLE, POSTGRES_VARIABLE, Addresses
from crps.stack.errors import StackError
from crps.stack.ports import LOOPBACK, free_port
from crps.stack.postgres import ADMIN, DATABASE
from crps.stack.services import ALL, PROGRAMS, variable
from crps.stack.upstream import (
    CLOCK_KEY_VARIABLE,
    DEV_UPSTREAM,
    KEY_VARIABLE,
    UPSTREAM_VARIABLE,
    Upstream,
)

ENV_FILE = Path(".env")

# What people expect, taken where free: Kafka's and PostgreSQL's own ports, then ours in a row.
USUAL_PORTS: Final = {
    "CRPS_KAFKA_PORT": 9092,
    "CRPS_POSTGRES_PORT": 5432,
    **{variable(name, "HEALTH_PORT"): 8101 + place for place, name in enumerate(ALL)},
}

_HEAD = """\
# Made by `make .env` for docker compose and the commands of crps. Secrets: never commit or share.
# The volumes remember the passwords: lose this file, and only `docker compose down -v` helps.
"""


def read_env_file(file: Path = ENV_FILE) -> tuple[Addresses, Upstream, str] | None:
    """Return where the system answers, the upstream that its services know, and the clock's key.

    None where there is no such file, or one that is not about us. Raises `StackError`
    (`ENV_INCOMPLETE`) when one of them is missing.
    """
    names = (
        *(KAFKA_VARIABLE, POSTGRES_VARIABLE),
        *(UPSTREAM_VARIABLE, KEY_VARIABLE, CLOCK_KEY_VARIABLE),
    )
    values = dotenv_values(file)
    missing = [name for name in names if not values.get(name)]
    if len(missing) == len(names):
        return None
    if missing:
        raise StackError(
            "ENV_INCOMPLETE",
            f"{file} does not name {', '.join(missing)}",
            "Delete it and run `make .env`.",
        )
    kafka, postgres, upstream, key, clock_key = (values[name] or "" for name in names)
    return Addresses(kafka, postgres), Upstream(upstream, key), clock_key


def write_env_file(file: Path = ENV_FILE) -> bool:
    """Write ports that are free now and new random secrets, for our eyes only.

    False when the file is there already: it is left as it is. Raises `StackError`
    (`ENV_UNWRITABLE`) when it cannot be written.
    """
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(_HEAD + "".join(f"{name}={text}\n" for name, text in _settings().items()))
    except FileExistsError:
        return False
    except OSError as error:
        raise StackError("ENV_UNWRITABLE", f"cannot write {file}: {error.strerror}") from error
    return True


def _settings() -> dict[str, str]:
    ports: dict[str, int] = {}
    for name, usual in USUAL_PORTS.items():
        ports[name] = free_port(usual, avoid=frozenset(ports.values()))
    password = secrets.token_hex(24)
    place = f"{LOOPBACK}:{ports['CRPS_POSTGRES_PORT']}"
    return {
        KAFKA_VARIABLE: f"{LOOPBACK}:{ports['CRPS_KAFKA_PORT']}",
        POSTGRES_VARIABLE: f"postgresql://{ADMIN}:{password}@{place}/{DATABASE}",
        UPSTREAM_VARIABLE: DEV_UPSTREAM,
        KEY_VARIABLE: secrets.token_hex(32),
        CLOCK_KEY_VARIABLE: secrets.token_hex(32),
        **{name: str(port) for name, port in ports.items()},
        "CRPS_POSTGRES_PASSWORD": password,
        **{
            variable(name, "POSTGRES_PASSWORD"): secrets.token_hex(24)
            for name, program in PROGRAMS.items()
            if program.has_schema
        },
    }
