"""Versions are read from what real programs print."""

import pytest

from crps.stack import java, postgres_binaries
from crps.stack.errors import StackError


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_361"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ("not java at all", None),
    ],
)
def test_java(banner: str, version: int | None) -> None:
    assert java.major_version(banner) == version


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("postgres (PostgreSQL) 18.4", 18),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ("postgres (PostgreSQL) 19beta1", 19),
        ("something else", None),
    ],
)
def test_postgres(banner: str, version: int | None) -> None:
    assert postgres_binaries.major_version(banner) == version


async def test_missing_java_is_said_with_the_remedy(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(StackError) as caught:
        await java.find_java()
    first, *rest = str(caught.value).splitlines()
    assert first.startswith("JAVA_MISSING: ")
    assert any("Install Java 17" in line for line in rest)


@pytest.mark.parametrize(
    ("banner", "code"), [('openjdk version "11.0.2"', "JAVA_TOO_OLD"), ("?", "JAVA_TOO_OLD")]
)
async def test_old_java_is_refused(
    tmp_path, monkeypatch: pytest.MonkeyPatch, banner: str, code: str
) -> None:
    stand_in = tmp_path / "bin" / "java"
    stand_in.parent.mkdir()
    stand_in.write_text(f"#!/bin/sh\necho '{banner}' >&2\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(StackError) as caught:
        await java.find_java()
    assert caught.value.code == code


def test_the_wheel_goes_before_an_installed_server() -> None:
    found = postgres_binaries.find_binaries()
    assert found.version == 18
    assert (found.folder / "initdb").is_file()


def test_no_server_at_all_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "_candidates", list)
    with pytest.raises(StackError, match="POSTGRES_MISSING"):
        postgres_binaries.find_binaries()


def test_an_old_server_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.2'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(postgres_binaries, "_candidates", lambda: [tmp_path])
    with pytest.raises(StackError, match="POSTGRES_TOO_OLD"):
        postgres_binaries.find_binaries()
