"""Who runs the server when root may not, and what is opened for it."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from crps.stack import unprivileged
from crps.stack.errors import StackError


def test_an_ordinary_user_runs_it_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unprivileged.server_account() is None


def test_root_finds_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    account = unprivileged.server_account()
    assert account is not None
    assert account.user != 0


def test_root_alone_on_the_machine_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_there(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", nobody_there)
    with pytest.raises(StackError, match="NO_UNPRIVILEGED_USER"):
        unprivileged.server_account()


def test_the_way_is_opened_for_passing_only(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    target = closed / "server"
    target.mkdir(parents=True)
    closed.chmod(0o700)
    target.chmod(0o700)
    unprivileged.open_way(target)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert stat.S_IMODE(target.stat().st_mode) == 0o700


def test_a_tree_installed_under_a_strict_umask_becomes_readable(tmp_path: Path) -> None:
    root = tmp_path / "install"
    server, library = root / "bin" / "postgres", root / "lib" / "one.so"
    for path, mode in ((server, 0o700), (library, 0o600)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        path.touch(mode)
        path.chmod(mode)
    root.chmod(0o700)
    unprivileged.open_tree(root)
    assert stat.S_IMODE(server.stat().st_mode) == 0o705
    assert stat.S_IMODE(library.stat().st_mode) == 0o604
    assert stat.S_IMODE(library.parent.stat().st_mode) == 0o705
