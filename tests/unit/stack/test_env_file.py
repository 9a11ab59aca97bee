"""`.env`: made once with new secrets and free ports, never over another, and read back whole."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dotenv import dotenv_values
from typer.testing import CliRunner

from crps.stack import env_file
from crps.stack.commands import dev
from crps.stack.env_file import USUAL_PORTS, read_env_file, write_env_file
from crps.stack.errors import StackError
from crps.stack.ports import LOOPBACK
from schemas.topics import SERVICES


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / ".env"
    assert write_env_file(made)
    return made


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_what_is_written_is_read_back(file: Path) -> None:
    values = dotenv_values(file)
    described = read_env_file(file)
    assert described is not None
    addresses, upstream, clock_key = described
    assert addresses.kafka == f"{LOOPBACK}:{values['CRPS_KAFKA_PORT']}"
    database = urlsplit(addresses.postgres)
    assert str(database.port) == values["CRPS_POSTGRES_PORT"]
    assert database.password == values["CRPS_POSTGRES_PASSWORD"]
    assert (upstream.key, clock_key) == (values["CRPS_UPSTREAM_KEY"], values["CRPS_CLOCK_KEY"])


def test_only_its_owner_may_read_it(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_service_has_a_password_and_every_secret_is_another(file: Path) -> None:
    values = dotenv_values(file)
    names = [f"CRPS_{service.upper()}_POSTGRES_PASSWORD" for service in SERVICES]
    found = [values[name] for name in (*names, "CRPS_POSTGRES_PASSWORD", "CRPS_UPSTREAM_KEY",
                                    "CRPS_CLOCK_KEY")]  # fmt: skip
    assert all(secret and len(secret) >= 48 for secret in found)
    assert len(set(found)) == len(found)


def test_two_files_share_no_secret(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_env_file(other)
    mine, yours = dotenv_values(file), dotenv_values(other)
    assert not {mine[n] for n in mine if n and "PASSWORD" in n} & set(yours.values())


def test_a_taken_port_is_passed_over_and_no_port_stands_twice(
    tmp_path: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env_file, "USUAL_PORTS", dict.fromkeys(USUAL_PORTS, taken_port))
    write_env_file(tmp_path / ".env")
    values = dotenv_values(tmp_path / ".env")
    ports = {values[name] for name in USUAL_PORTS}
    assert len(ports) == len(USUAL_PORTS)
    assert str(taken_port) not in ports


def test_a_file_that_stands_is_left_as_it_is(file: Path) -> None:
    before = file.read_bytes()
    assert not write_env_file(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["CRPS_KAFKA", "CRPS_POSTGRES", "CRPS_UPSTREAM", "CRPS_UPSTREAM_KEY", "CRPS_CLOCK_KEY"]
)
def test_a_missing_setting_is_named(file: Path, name: str) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith(f"{name}=")))
    with pytest.raises(StackError, match=f"ENV_INCOMPLETE: .* does not name {name}\n"):
        read_env_file(file)


def test_no_file_and_another_s_file_describe_no_system(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert read_env_file(file) is None
    file.write_text("DATABASE_URL=postgresql://elsewhere/other\n")
    assert read_env_file(file) is None


def test_the_command_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made, again = (CliRunner().invoke(dev, ["env"]) for _ in range(2))
    assert (made.exit_code, again.exit_code) == (0, 0)
    assert made.output.startswith("Made .env")
    assert again.output == ".env is there already and stays as it is.\n"
    key = dotenv_values(tmp_path / ".env")["CRPS_UPSTREAM_KEY"]
    assert key
    assert key not in made.output


def test_a_folder_that_cannot_be_written_is_said_with_a_code(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="ENV_UNWRITABLE"):
        write_env_file(tmp_path / "missing" / ".env")
