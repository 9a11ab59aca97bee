"""What the parties signed stands in PostgreSQL: keys and demand, batch after batch."""

from datetime import timedelta
from types import SimpleNamespace

import asyncpg
import pytest
from joserfc.jwk import OKPKey

from crps.proofs import public_key
from tests.integration import bench as benches
from tests.unit.contracts import wire
from tests.unit.records import money, types

pytestmark = pytest.mark.connected

KEYS = {role: OKPKey.derive_key(f"the {role} of a store") for role in ("payer", "payee")}
SIGNED = {
    "payer": {**wire.terms()["payer"], "key": public_key(KEYS["payer"])},
    "payee": {**wire.terms()["payee"], "key": public_key(KEYS["payee"])},
    "proof": "signature",
}


def by(role: str, raw: SimpleNamespace) -> SimpleNamespace:
    """The record with the proof of ``role``."""
    return benches.proved(raw, KEYS[role])


async def test_what_is_demanded_is_remembered_from_batch_to_batch(bench, deal):
    tale = await deal()
    terms = wire.terms(**SIGNED)
    await bench.play(tale.order(accepted=(), **SIGNED))
    for role in ("payer", "payee"):
        accepted = tale.command("contract.accept", wire.acceptance(terms, role))
        await bench.play(accepted)
        await bench.play(by(role, accepted))
    await bench.play(tale.fund())
    row = await bench.row(tale.contract_id)
    assert row["status"] == "EFFECTIVE"
    assert (row["payer_key"], row["payee_key"]) == (SIGNED["payer"]["key"], SIGNED["payee"]["key"])
    assert row["proof_required"] is True
    later = row["effective_at"] + timedelta(seconds=1)
    release = tale.release(money("10000"), at=later, message_id="release-1")
    await bench.play(release)
    await bench.play(by("payee", release))
    await bench.play(by("payer", release))
    said = await bench.said(tale.contract_id)
    assert types(said)[-3:] == ["command.refused", "command.refused", "funds.attributed"]
    refused = [each["data"]["code"] for each in said if types([each]) == ["command.refused"]]
    assert refused == ["SIGNATURE_REQUIRED"] * 3 + ["SIGNATURE_INVALID"]
    assert await bench.buckets(tale.contract_id) == [(20_000, 10_000, 0)]
    registered = await bench.pool.fetch(
        "SELECT outcome FROM command_register WHERE contract_id = $1 AND command_id = 'release-1'",
        tale.contract_id,
    )
    assert [each["outcome"] for each in registered] == ["applied"]


async def test_a_command_that_waited_for_its_offer_is_verified_by_its_own_bytes(bench, deal):
    tale = await deal()
    accepted = tale.command("contract.accept", wire.acceptance(wire.terms(**SIGNED), "payer"))
    forged = by("payee", accepted)
    await bench.play(by("payer", accepted), forged)
    assert await bench.said(tale.contract_id) == []
    await bench.play(tale.order(accepted=(), **SIGNED))
    said = await bench.said(tale.contract_id)
    assert types(said) == ["contract.offered", "offer.accepted", "command.refused"]
    assert said[-1]["data"]["code"] == "SIGNATURE_INVALID"


async def test_the_database_keeps_keys_apart_whole_and_for_ever(bench, deal):
    tale = await deal()
    await bench.play(tale.order(accepted=(), **SIGNED))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bench.pool.execute("UPDATE contract SET payer_key = payee_key")
    columns = [r["column_name"] for r in await bench.pool.fetch(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'contracts' AND table_name = 'contract'"
    )]  # fmt: skip
    other = {"contract_id": "gen_random_uuid()"}
    for changes, constraint in (
        ({"payer_key": "payee_key"}, "two_parties_have_two_keys"),
        ({"payer_key": "NULL"}, "proof_needs_both_keys"),
        ({"payer_key": "'short'"}, "keys_are_of_ed25519"),
    ):
        taken = [{**other, **changes}.get(column, column) for column in columns]
        with pytest.raises(asyncpg.CheckViolationError, match=constraint):
            await bench.pool.execute(
                f"INSERT INTO contract ({', '.join(columns)})"
                f" SELECT {', '.join(taken)} FROM contract WHERE contract_id = $1",
                tale.contract_id,
            )
