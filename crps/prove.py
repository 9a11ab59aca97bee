"""``crps proof``: a key pair for a party, and its signature over a record, to try them with."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from crps.ending import end
from crps.proofs import VARIABLE, environment_here, public_key, sign
from schemas.envelope import PROOF_ALGORITHM

_STDIN: Final = Path("-")

proof = typer.Typer(no_args_is_help=True, help="The parties' own signatures.")


@proof.command()
def key(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; it must not exist.")],
) -> None:
    """Make a key pair: the private key into FILE, readable by you alone; print the public one.

    What is printed is the party's `key` in the terms.
    """
    made = OKPKey.generate_key(PROOF_ALGORITHM)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            json.dump(made.as_dict(private=True), opened)
    except OSError as error:
        end(f"KEY_UNWRITABLE: {file}: {error.strerror}")
    typer.echo(public_key(made))


@proof.command("sign")
def sign_record(
    key_file: Annotated[
        Path, typer.Option("--key", help="A private key as `crps proof key` made.")
    ],
    record: Annotated[Path, typer.Argument(help="The record's value; - for standard input.")] = (
        _STDIN
    ),
    environment: Annotated[
        str | None, typer.Option(help=f"The system it is meant for. [default: {VARIABLE}]")
    ] = None,
) -> None:
    """Print the header crps-proof over exactly the bytes of RECORD, a last newline included."""
    signer = private_key(key_file)
    try:
        value = sys.stdin.buffer.read() if record == _STDIN else record.read_bytes()
    except OSError as error:
        end(f"RECORD_UNREADABLE: {record}: {error.strerror}")
    typer.echo(sign(value, signer, environment or environment_here()))


def private_key(file: Path) -> OKPKey:
    """Return the private key in ``file``; ends the command where there is none."""
    try:
        found = OKPKey.import_key(json.loads(file.read_text("utf-8")))
    except OSError as error:
        end(f"KEY_UNREADABLE: {file}: {error.strerror}")
    except (JoseError, ValueError, TypeError, KeyError):
        end(f"KEY_UNUSABLE: {file} is no JWK of {PROOF_ALGORITHM}")
    if not found.is_private or found.curve_name != PROOF_ALGORITHM:
        end(f"KEY_UNUSABLE: {file} holds no private key of {PROOF_ALGORITHM}")
    return found
