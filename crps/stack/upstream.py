"""Who publishes orders: an upstream's id, and the key that proves it to the services."""

import json
import os
import secrets
from dataclasses import dataclass

from crps.stack.errors import StackError
from crps.stack.home import Home

UPSTREAM_VARIABLE = "CRPS_UPSTREAM"
KEY_VARIABLE = "CRPS_UPSTREAM_KEY"
DEV_UPSTREAM = "dev-shop"


@dataclass(frozen=True, slots=True)
class Upstream:
    """Who we are to the services: an id, and the key of its HMACs."""

    id: str
    key: str


def given_upstream() -> Upstream | None:
    """Return the upstream named in the environment, if there is one.

    Raises `StackError` (`UPSTREAM_INCOMPLETE`) when only its id or only its key is there.
    """
    name, key = os.environ.get(UPSTREAM_VARIABLE), os.environ.get(KEY_VARIABLE)
    if name and key:
        return Upstream(name, key)
    if name or key:
        missing = KEY_VARIABLE if name else UPSTREAM_VARIABLE
        raise StackError(
            "UPSTREAM_INCOMPLETE",
            f"only one of {UPSTREAM_VARIABLE} and {KEY_VARIABLE} is set; {missing} is missing",
            "Set both to publish to services that run already, or none.",
        )
    return None


def dev_upstream(home: Home) -> Upstream:
    """Return the upstream of a development system; made when first asked for, then kept in `home`.

    Kept, so that who exported its key may go on after the services were started anew.
    """
    file = home.run / "upstream.json"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(json.dumps({"id": DEV_UPSTREAM, "key": secrets.token_hex(32)}) + "\n")
    return Upstream(**json.loads(file.read_text()))
