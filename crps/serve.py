"""`crps dev serve`: the whole system on this machine, until Ctrl-C."""

import asyncio
from pathlib import Path

from rich.console import Console

from crps.ending import run_or_end
from crps.provision import provision
from crps.stack.addresses import KAFKA_VARIABLE, POSTGRES_VARIABLE, Addresses
from crps.stack.commands import HomeOption
from crps.stack.home import default_home, home_at
from crps.stack.local import local_stack
from crps.stack.services import ALL, run_services
from crps.stack.signals import sigterm_as_ctrl_c
from crps.stack.upstream import (
    CLOCK_KEY_VARIABLE,
    KEY_VARIABLE,
    UPSTREAM_VARIABLE,
    Upstream,
    dev_clock_key,
    dev_upstream,
    keys_setting,
)


def serve(home: HomeOption = None) -> None:
    """Run servers, topics, tables, the four services and the sandbox bank until Ctrl-C.

    Everything is kept in var/stack and goes on there with the next `serve`. What
    it prints lets a shop in another shell publish orders; `crps replay` finds the
    system by itself.
    """
    try:
        run_or_end(_serve(home, Console()))
    except KeyboardInterrupt:
        Console().print("Stopped; the state stays.")


async def _serve(home: Path | None, console: Console) -> None:
    place = home_at(home)
    with sigterm_as_ctrl_c():
        async with place.locked("services", timeout_s=1.0), local_stack(place) as addresses:
            await provision(addresses)
            upstream = dev_upstream(place)
            keys = {"CRPS_UPSTREAM_KEYS": keys_setting(upstream, dev_clock_key(place))}
            async with run_services(addresses, place, ALL, keys):
                found = place.root == default_home().root
                _tell(console, found, addresses, upstream, dev_clock_key(place))
                await asyncio.Event().wait()


def _tell(
    console: Console, found: bool, addresses: Addresses, upstream: Upstream, clock_key: str
) -> None:
    console.print(
        f"{len(ALL)} processes serve: {', '.join(ALL)}. Ctrl-C stops them.\n", soft_wrap=True
    )
    console.print("To publish from another shell:")
    for name, value in (
        (KAFKA_VARIABLE, addresses.kafka),
        (POSTGRES_VARIABLE, addresses.postgres),
        (CLOCK_KEY_VARIABLE, clock_key),
        (UPSTREAM_VARIABLE, upstream.id),
        (KEY_VARIABLE, upstream.key),
    ):
        console.print(f"  export {name}={value}", highlight=False, soft_wrap=True)
    if found:
        console.print("\nCommands of `crps` in this folder find the system without them.")
