"""Who publishes orders: an upstream's id, and the key that proves it to the services."""

import json
import secrets
from dataclasses import dataclass

from crps.stack.addresses import given_pair
from crps.stack.home import Home
from schemas.topics import CLOCK

UPSTREAM_VARIABLE = "CRPS_UPSTREAM"
KEY_VARIABLE = "CRPS_UPSTREAM_KEY"
CLOCK_KEY_VARIABLE = "CRPS_CLOCK_KEY"
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


def keys_setting(upstream: Upstream, clock_key: str) -> str:
    """Return `CRPS_UPSTREAM_KEYS` for services that know one upstream and who sets the clock."""
    return json.dumps({upstream.id: upstream.key, CLOCK: clock_key})


def dev_upstream(home: Home) -> Upstream:
    """Return the upstream of a development system; made when first asked for, then kept in `home`.

    Kept, so that who exported its key may go on after the services were started anew.
    """
    return Upstream(**_kept(home, "upstream", {"id": DEV_UPSTREAM, "key": secrets.token_hex(32)}))


def dev_clock_key(home: Home) -> str:
    """Return the key of who sets the clock of a development system; kept as its upstream is."""
    return _kept(home, "clock", {"key": secrets.token_hex(32)})["key"]


def _kept(home: Home, name: str, fresh: dict[str, str]) -> dict[str, str]:
    file = home.run / f"{name}.json"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(json.dumps(fresh) + "\n")
    kept: dict[str, str] = json.loads(file.read_text())
    return kept
