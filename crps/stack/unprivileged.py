"""A user for a server that refuses to run as root.

PostgreSQL does not start as root. In containers, and on throw-away machines, root is all there
is; there the server runs as an existing unprivileged user. No user is made. Folders on the way
to its files are opened for passing through (`x`), not for listing or reading.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from crps.stack.errors import StackError

# The users a machine may have for this purpose, the most fitting first.
_CANDIDATES = ("pgserver", "postgres", "nobody")

_PASS = stat.S_IXOTH
_READ = stat.S_IROTH


@dataclass(frozen=True, slots=True)
class Account:
    """User and group of the operating system."""

    user: int
    group: int


def server_account() -> Account | None:
    """Return whom to run the server as; `None` means as ourselves, who are not root.

    Raises `StackError` (`NO_UNPRIVILEGED_USER`) when we are root and nobody else exists.
    """
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise StackError(
        "NO_UNPRIVILEGED_USER",
        f"PostgreSQL refuses to run as root, and none of the users {', '.join(_CANDIDATES)} exists",
        "Make one (useradd --system pgserver), run as another user, or name a running broker",
        "and database in CRPS_KAFKA and CRPS_POSTGRES.",
    )


def hand_over(folder: Path, account: Account) -> None:
    """Give an existing folder to the account and open the way to it."""
    open_way(folder)
    os.chown(folder, account.user, account.group)


def open_way(path: Path) -> None:
    """Let every user pass through the folders above `path`. Raises `StackError` if refused."""
    for folder in path.resolve().parents:
        _allow(folder, _PASS)


def open_tree(root: Path) -> None:
    """Let every user read what its owner may read below `root`, and pass the way to it.

    A strict umask at installation time would otherwise keep the server from its own files.
    """
    open_way(root)
    if root.stat().st_mode & _PASS and (root / "bin" / "postgres").stat().st_mode & _PASS:
        return
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            executable = path.stat().st_mode & stat.S_IXUSR
            _allow(path, _READ | (_PASS if executable else 0))


def _allow(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits == bits:
        return
    try:
        path.chmod(mode | bits)
    except OSError as error:
        raise StackError(
            "FOLDER_CLOSED",
            f"the unprivileged server cannot reach its files through {path}: {error.strerror}",
            "Use a folder that every user may pass through.",
        ) from error
