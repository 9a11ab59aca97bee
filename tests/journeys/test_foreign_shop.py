"""A shop in JavaScript, made from the published schemas alone, against the real services."""

import asyncio
import os
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from crps.stack.ports import LOOPBACK, free_port
from crps.stack.upstream import Upstream
from schemas.identifiers import contract_id

from .conftest import Running
from .play import Player, Seen

SHOP = Path("samples/node")
LACKING = [program for program in ("node", "npm") if shutil.which(program) is None]

pytestmark = [
    pytest.mark.connected,
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {' and '.join(LACKING)}"),
]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended: its exit code and all that it wrote."""

    code: int
    output: str
    errors: str

    @property
    def contract_id(self) -> UUID:
        """The contract that the shop says it made."""
        return UUID(self._said(r"contract (\S+)"))

    @property
    def order_id(self) -> str:
        """The order that the shop says it placed."""
        return self._said(r"^(order-\S+) of")

    def _said(self, pattern: str) -> str:
        found = re.search(pattern, self.output)
        assert found, self
        return found[1]


async def run(*command: str, **environment: str) -> Ending:
    """Run a program in the shop's folder to its end."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=SHOP,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ending(process.returncode, output.decode(), errors.decode())


@pytest.fixture(scope="module")
async def installed() -> None:
    """The shop's packages, as its lock has them."""
    done, lock = SHOP / "node_modules/.package-lock.json", SHOP / "package-lock.json"
    if done.is_file() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    ending = await run("npm", "ci", "--ignore-scripts")
    assert ending.code == 0, ending.errors


Shop = Callable[..., Awaitable[Ending]]


@pytest.fixture
def shop(installed: None, running: Running) -> Shop:
    """The shop: its options, and who it says it is."""

    async def serve(*options: str, upstream: Upstream = running.upstream) -> Ending:
        return await run(
            "node",
            "shop.mjs",
            *options,
            CRPS_KAFKA=running.addresses.kafka,
            CRPS_UPSTREAM=upstream.id,
            CRPS_UPSTREAM_KEY=upstream.key,
        )

    return serve


async def test_it_places_an_order_releases_it_and_reads_the_settlement(
    player: Player, running: Running, shop: Shop
) -> None:
    ending = await shop()

    assert (ending.code, ending.errors) == (0, ""), ending
    assert re.findall(r"^(?:->|<-) (\S+):", ending.output, re.MULTILINE)[:4] == [
        "crps.order.placed.v1",
        "crps.contract.accepted.v1",
        "crps.contract.effective.v1",
        "crps.funds.release.v1",
    ]
    assert ending.output.endswith("settled: 147.55 CNY to account-seller-7, as ordered\n")
    made = ending.contract_id
    assert made == contract_id(running.upstream.id, ending.order_id, "seller-7")
    instructed = (await player.event(made, "crps.settlement.instructed.v1")).json["data"]
    assert instructed["money"] == {"amount": "14755", "asset": "CNY/2"}
    assert instructed["creditor_account"] == "account-seller-7"
    assert instructed["authorisation"]["command_id"] == f"{made}/release"
    closed = (await player.event(made, "crps.contract.closed.v1")).json["data"]
    assert closed == {"asset": "CNY/2", "payee": "14755", "payer": "0"}


async def test_where_its_parties_sign_themselves_it_settles_by_their_signatures(
    player: Player, shop: Shop
) -> None:
    ending = await shop("--signed")

    assert (ending.code, ending.errors) == (0, ""), ending
    made = ending.contract_id
    accepted = (await player.event(made, "crps.contract.accepted.v1")).json["data"]
    assert accepted["terms"]["proof"] == "signature"
    assert ending.output.count("accepts, signed\n") == 2
    attributed = (await player.event(made, "crps.funds.attributed.v1")).json["data"]
    assert attributed["authorisation"]["command_id"] == f"{made}/release"


async def test_a_release_by_the_payee_prints_the_refusal_and_what_is_allowed(shop: Shop) -> None:
    ending = await shop("--release-as", "payee")

    assert ending.code == 1
    assert re.fullmatch(r"WRONG_ROLE: .* Allowed now: funds\.return until \S+Z\.\n", ending.errors)


async def test_with_a_wrong_key_it_gives_up_and_says_what_to_check(
    player: Player, running: Running, shop: Shop
) -> None:
    ending = await shop("--patience", "3", upstream=Upstream(running.upstream.id, "0" * 64))

    assert ending.code == 1
    assert re.fullmatch(r"NO_ANSWER: In 3 s .* CRPS_UPSTREAM_KEY\.\n", ending.errors)
    key = str(ending.contract_id).encode()

    def set_aside(record: Seen) -> bool:
        return record.key == key and record.headers.get("crps-reason") == b"HMAC_INVALID"

    await player.wait(set_aside, f"the dead letter of {key!r}")


async def test_where_it_cannot_start_it_says_why(installed: None) -> None:
    nowhere = f"{LOOPBACK}:{free_port()}"
    named = {"CRPS_KAFKA": nowhere, "CRPS_UPSTREAM": "shop", "CRPS_UPSTREAM_KEY": "key"}

    without_key = await run("node", "shop.mjs", **{**named, "CRPS_UPSTREAM_KEY": ""})
    without_kafka = await run("node", "shop.mjs", **named)
    misspelt = await run("node", "shop.mjs", "--release-as", "postman", **named)

    assert without_key.errors.startswith("ENVIRONMENT_INCOMPLETE: CRPS_UPSTREAM_KEY is not set")
    assert without_kafka.errors.startswith(f"KAFKA_FAILED: {nowhere}")
    assert misspelt.errors.startswith("USAGE: node shop.mjs ")
    for ending in (without_key, without_kafka, misspelt):
        assert (ending.code, ending.output, ending.errors.count("\n")) == (1, "", 1)
