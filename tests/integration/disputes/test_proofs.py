"""What disputes knows of the parties' signatures stands in PostgreSQL, batch after batch."""

from types import SimpleNamespace

import asyncpg
import pytest
from joserfc.jwk import OKPKey

from crps.proofs import public_key
from tests.integration import bench as benches
from tests.unit.disputes import wire
from tests.unit.disputes.wire import PAYEE, PAYER
from tests.unit.records import types

pytestmark = pytest.mark.connected

KEYS = {party: OKPKey.derive_key(party) for party in (PAYER, PAYEE)}


def by(party: str, raw: SimpleNamespace) -> SimpleNamespace:
    """The record with the proof of ``party``."""
    return benches.proved(raw, KEYS[party])


@pytest.fixture
def signed_terms(monkeypatch):
    """Terms of the cases demand signatures."""
    plain = wire.terms

    def terms(*names):
        document = plain(*names)
        for side in ("payer", "payee"):
            document[side]["key"] = public_key(KEYS[document[side]["party"]])
        return {**document, "proof": "signature"}

    monkeypatch.setattr(wire, "terms", terms)


async def test_what_is_demanded_is_remembered_from_batch_to_batch(bench, case, signed_terms):
    tale = await case()
    for batch in [*tale.contract(), tale.open(6_000)]:
        await bench.play(batch)
    docket = await bench.docket(tale.contract_id)
    assert docket["proof_required"] is True
    assert docket["payer_key"] == public_key(KEYS[PAYER])
    claim = tale.lower(PAYEE, 7_000)
    for record in (claim, by(PAYER, claim), by(PAYEE, claim)):
        await bench.play(record)
    said = await bench.said(tale.contract_id)
    assert types(said)[1:] == [
        "command.refused",
        "command.refused",
        "claim.stated",
        "funds.attributed",
    ]
    assert [each["data"]["code"] for each in said[1:3]] == [
        "SIGNATURE_REQUIRED",
        "SIGNATURE_INVALID",
    ]
    assert await bench.dsr(tale.contract_id) == [(3_000, 4_000, 3_000)]


async def test_a_key_once_told_is_never_another(bench, case, signed_terms):
    tale = await case()
    await bench.play(*tale.contract())
    for change in ("payer_key = NULL", "proof_required = false"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bench.pool.execute(f"UPDATE docket SET {change}")
