"""`crps proof`: what it makes is a party's key and signature, and nothing secret is said."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import Result
from joserfc.jwk import ECKey, OKPKey
from pydantic import TypeAdapter
from typer.testing import CliRunner

from crps.cli import app
from schemas.fields import PublicKey
from services.chassis.proofs import is_signed

VALUE = b'{"specversion": "1.0"}\n'


def crps(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["proof", *words], input=given)


@pytest.fixture(autouse=True)
def nowhere_special(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRPS_ENVIRONMENT", raising=False)


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    file = tmp_path / "payer.jwk"
    made = crps("key", str(file))
    assert made.exit_code == 0, made.output
    return file, made.stdout.strip()


def test_a_key_pair_is_made_for_its_owner_alone(key: tuple[Path, str]) -> None:
    file, public = key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    private = json.loads(file.read_text("utf-8"))
    assert TypeAdapter(PublicKey).validate_python(public) == private["x"]
    assert OKPKey.import_key(private).is_private


def test_the_private_key_is_never_said(tmp_path: Path) -> None:
    made = crps("key", str(tmp_path / "payer.jwk"))
    secret = json.loads((tmp_path / "payer.jwk").read_text("utf-8"))["d"]
    assert secret not in made.output
    assert secret not in crps("sign", "--key", str(tmp_path / "payer.jwk"), given=VALUE).output


def test_a_key_is_never_written_over_another(key: tuple[Path, str]) -> None:
    file, _ = key
    before = file.read_bytes()
    again = crps("key", str(file))
    assert (again.exit_code, again.stderr) == (1, f"KEY_UNWRITABLE: {file}: File exists\n")
    assert file.read_bytes() == before


@pytest.mark.parametrize("by", ["file", "stdin", "dash"])
def test_what_is_signed_is_every_byte_that_was_given(
    by: str, key: tuple[Path, str], tmp_path: Path
) -> None:
    file, public = key
    record = tmp_path / "record.json"
    record.write_bytes(VALUE)
    words = {"file": [str(record)], "stdin": [], "dash": ["-"]}[by]
    made = crps("sign", "--key", str(file), *words, given=VALUE)
    assert made.exit_code == 0, made.output
    signed = made.stdout.strip().encode()
    assert is_signed(signed, VALUE, "sandbox", public)
    assert not is_signed(signed, VALUE.strip(), "sandbox", public)


def test_it_is_signed_for_the_system_that_is_named(
    key: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, public = key
    words = ("sign", "--key", str(file))
    named = crps(*words, "--environment", "production", given=VALUE).stdout.strip().encode()
    assert is_signed(named, VALUE, "production", public)
    monkeypatch.setenv("CRPS_ENVIRONMENT", "staging")
    here = crps(*words, given=VALUE).stdout.strip().encode()
    assert is_signed(here, VALUE, "staging", public)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "KEY_UNREADABLE"),
        ("", "KEY_UNUSABLE"),
        ("{}", "KEY_UNUSABLE"),
        ("[]", "KEY_UNUSABLE"),
        ("1", "KEY_UNUSABLE"),
        (json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)), "KEY_UNUSABLE"),
        (json.dumps(OKPKey.generate_key("X25519").as_dict(private=True)), "KEY_UNUSABLE"),
        (json.dumps(ECKey.generate_key("P-256").as_dict(private=True)), "KEY_UNUSABLE"),
    ],
    ids=["missing", "empty", "no key", "a list", "a number", "public", "X25519", "P-256"],
)
def test_a_file_that_is_no_private_key_is_told_in_a_line(
    text: str | None, why: str, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    if text is not None:
        file.write_text(text, "utf-8")
    told = crps("sign", "--key", str(file), given=VALUE)
    assert told.exit_code == 1
    assert told.stderr.startswith(f"{why}: {file}")
    assert told.stderr.count("\n") == 1


def test_a_record_that_is_not_there_is_told_in_a_line(
    key: tuple[Path, str], tmp_path: Path
) -> None:
    told = crps("sign", "--key", str(key[0]), str(tmp_path / "nothing"))
    assert told.exit_code == 1
    assert told.stderr.startswith("RECORD_UNREADABLE: ")
