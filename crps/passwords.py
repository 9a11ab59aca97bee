"""Passwords of the service roles: set by the administrator, from the environment.

The database is given verifiers (RFC 5803), as `psql` itself does: no password stands in
a statement, where a log or a view of running statements would show it.
"""

import hashlib
import hmac
import os
import secrets
from base64 import b64encode
from collections.abc import Mapping

import asyncpg

from crps.stack.services import variable
from schemas.topics import SERVICES

_ITERATIONS = 4096  # PostgreSQL's own default (scram_iterations)
_SALT_BYTES = 16


class PasswordError(Exception):
    """A password that not every client would spell in the same bytes."""


def given_passwords() -> dict[str, str]:
    """Return, by service, what `CRPS_<SERVICE>_POSTGRES_PASSWORD` says where it is set.

    Raises `PasswordError` for anything but printable ASCII: what lies beyond it is normalised
    before it is hashed, and not by everybody in the same way.
    """
    found: dict[str, str] = {}
    for service in SERVICES:
        name = variable(service, "POSTGRES_PASSWORD")
        password = os.environ.get(name)
        if not password:
            continue
        if not (password.isascii() and password.isprintable()):
            raise PasswordError(f"{name} has characters other than printable ASCII")
        found[service] = password
    return found


async def set_passwords(conn: asyncpg.Connection, passwords: Mapping[str, str]) -> None:
    """Let each service's role log in with its password and no other, from the next login on.

    ``conn`` is an administrator's, the roles exist. Running it again changes nothing for anybody.
    """
    for service, password in passwords.items():
        verifier = scram_verifier(password, secrets.token_bytes(_SALT_BYTES))
        await conn.execute(f"ALTER ROLE svc_{service} PASSWORD '{verifier}'")


def scram_verifier(password: str, salt: bytes) -> str:
    """Return what PostgreSQL keeps of a password: enough to check it, too little to log in."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    texts = (b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_ITERATIONS, *texts)
