"""Bad input through real Kafka and the real services: each ends with its code, neighbours go on.

All records of the test share one partition, so that whatever a bad one breaks, its neighbours
before, between and after it would show it.
"""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from . import deal
from .bad_records import CATALOGUE, Aim, Entry, funds, report
from .conftest import Running
from .deal import COMMANDS, ORDERS, PLACED, RELEASE
from .play import NonUtf8Name, Player, Sent, contract_in

pytestmark = pytest.mark.connected

PARTITION = 5


async def place_order(player: Player, running: Running, *extra: tuple[str, bytes]) -> UUID:
    """A good order, signed; its payer pays by itself. ``extra`` headers come first."""
    contract_id = contract_in(PARTITION)
    value = deal.message(contract_id, PLACED, deal.order(), f"order-{contract_id}")
    headers = (*extra, *deal.headers(PLACED, value, running.upstream))
    await player.send(ORDERS, value, headers, key=str(contract_id).encode(), partition=PARTITION)
    return contract_id


async def release_all(player: Player, running: Running, contract_id: UUID) -> None:
    value = deal.message(contract_id, RELEASE, deal.release(), f"release-{contract_id}")
    headers = deal.headers(RELEASE, value, running.upstream)
    await player.send(COMMANDS, value, headers, key=str(contract_id).encode(), partition=PARTITION)


async def send_bad(player: Player, running: Running, entry: Entry, victim: UUID, n: int) -> Sent:
    aim = Aim(
        victim=victim,
        fresh=contract_in(PARTITION),
        upstream=running.upstream,
        stranger=running.stranger,
        message_id=f"bad-{n}",
        partition=PARTITION,
    )
    bad = entry.build(aim)
    return await player.send(
        bad.topic, bad.value, bad.headers, key=bad.key, partition=bad.partition
    )


async def effective(player: Player, contracts: list[UUID]) -> None:
    for contract_id in contracts:
        await player.event(contract_id, "crps.contract.effective.v1")


async def closed(player: Player, contracts: list[UUID]) -> None:
    for contract_id in contracts:
        data = (await player.event(contract_id, "crps.contract.closed.v1")).json["data"]
        assert (data["payee"], data["payer"]) == ("10000", "0")


@pytest.mark.timeout(300)
async def test_every_bad_record_ends_with_its_code_and_its_neighbours_go_on(
    player: Player, running: Running
) -> None:
    victim, *neighbours = [await place_order(player, running) for _ in range(len(CATALOGUE) + 1)]
    await effective(player, [victim, *neighbours])

    # A good order and a good release stand between any two bad records.
    sent: list[tuple[Entry, Sent]] = []
    later: list[UUID] = []
    for n, (entry, neighbour) in enumerate(zip(CATALOGUE, neighbours, strict=True)):
        sent.append((entry, await send_bad(player, running, entry, victim, n)))
        later.append(await place_order(player, running))
        await release_all(player, running, neighbour)
    later.append(await place_order(player, running, (NonUtf8Name("x"), b"1")))

    verdicts = await asyncio.gather(*(player.verdict(place) for _, place in sent))
    found = {entry.name: verdict for (entry, _), verdict in zip(sent, verdicts, strict=True)}
    assert found == {entry.name: entry.verdict for entry in CATALOGUE}
    await effective(player, later)
    for contract_id in (victim, *later):
        await release_all(player, running, contract_id)
    await closed(player, [victim, *neighbours, *later])
    assert set(running.supervisor.restarts.values()) == {0}
    await nothing_is_held(running)


async def nothing_is_held(running: Running) -> None:
    """No record waits anywhere: no contract was blocked by what a stranger wrote."""
    admin = await asyncpg.connect(running.addresses.postgres)
    try:
        for service in ("contracts", "ledger", "scheduler", "disputes"):
            rows = await admin.fetch(
                f"SELECT contract_id, reason, detail FROM {service}.held_record"
            )
            assert [dict(row) for row in rows] == []
    finally:
        await admin.close()


async def test_a_report_on_an_unknown_contract_is_kept_for_it(
    player: Player, running: Running
) -> None:
    early = contract_in(PARTITION)
    aim = Aim(early, early, running.upstream, running.stranger, "early-1", PARTITION)
    bad = report(aim, funds("1"))
    await player.send(bad.topic, bad.value, bad.headers, key=bad.key, partition=PARTITION)
    value = deal.message(early, PLACED, deal.order(), f"order-{early}")
    headers = deal.headers(PLACED, value, running.upstream)
    await player.send(ORDERS, value, headers, key=bad.key, partition=PARTITION)
    # The kept receipt of 1 counts, the 10000 that the bank then pays are 1 too many.
    effective = (await player.event(early, "crps.contract.effective.v1")).json["data"]
    assert (effective["receipts"], effective["received"]) == (2, "10001")
    assert effective["excess"]["amount"] == "1"
