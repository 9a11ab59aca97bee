"""Who publishes orders: an upstream's id, and the key that proves it to the services."""

import json
import secrets
from dataclasses import dataclass

from crps.stack.addresses import given_pair
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
    given = given_pair(
        (UPSTREAM_VARIABLE, KEY_VARIABLE),
        "UPSTREAM_INCOMPLETE",
        "Set both to publish to services that run already, or none.",
    )
    return None if given is None else Upstream(*given)


def dev_upstream(home: Home) -> Upstream:
    """Return the upstream of a development system; made when first asked for, then kept in `home`.

    Kept, so that who exported its key may go on after the services were started anew.
    """
    file = home.run / "upstream.json"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(json.dumps({"id": DEV_UPSTREAM, "key": secrets.token_hex(32)}) + "\n")
    return Upstream(**json.loads(file.read_text()))
