"""Given a deal whose parties sign, when one proof in the log is not theirs, then the auditor says.

The log is bent after the services have done their work, as if they had taken anything.
"""

from dataclasses import replace

import pytest
from joserfc.jwk import OKPKey

from crps.audit.auditor import OK, judge
from crps.audit.history import AuditResult
from crps.audit.log import Log, LogRecord
from crps.memory.audited import log_of, schemas_of
from crps.proofs import proof_header
from crps.scenario.signatures import signed
from schemas import topics
from schemas.envelope import PROOF_HEADER
from tests.unit.scenario.signed import SignedDeal

ACTS = (
    "contract.accept",
    "funds.release",
    "funds.return",
    "deadline.extend",
    "deadline.advance",
    "dispute.open",
    "claim.lower",
)
EVERY = pytest.mark.parametrize("noun", ACTS)


@pytest.fixture(scope="module")
async def deal() -> SignedDeal:
    """The deal with every kind of act in it, played once and never changed."""
    deal = SignedDeal()
    await deal.take_effect()
    await deal.act("release", by="payer", amount="1000")
    await deal.act("back", by="payee", amount="500")
    await deal.act("extend", by="payee", to="144h")
    await deal.act("advance", by="payer", to="132h")
    await deal.act("dispute", by="payer", claim="8000")
    await deal.act("claim", by="payee", total="9000")
    return deal


def bent(deal: SignedDeal, noun: str, headers: tuple[tuple[str, bytes], ...] | None) -> AuditResult:
    """The audit of a log in which the first such act bears these proofs instead of its own."""
    log = log_of(deal.stage.world)
    where = next(
        place
        for place, record in enumerate(log.records)
        if dict(record.headers).get("type") == f"crps.{noun}.v1".encode()
    )
    record = log.records[where]
    kept = tuple(each for each in record.headers if each[0] != PROOF_HEADER)
    worn = record.headers if headers is None else (*kept, *headers)
    records = list(log.records)
    records[where] = replace(record, headers=worn)
    return judge(Log(tuple(records)), schemas_of(deal.stage.world))


def of_the(deal: SignedDeal, noun: str) -> LogRecord:
    return next(
        record
        for record in log_of(deal.stage.world).records
        if dict(record.headers).get("type") == f"crps.{noun}.v1".encode()
    )


@EVERY
def test_an_act_whose_proof_is_gone_speaks_for_nobody(deal: SignedDeal, noun: str) -> None:
    assert set(bent(deal, noun, None).invariants.values()) == {OK}
    found = bent(deal, noun, ())
    assert "never" in found.invariants["I3"]
    assert [name for name, verdict in found.invariants.items() if verdict != OK] == ["I3"]


@EVERY
def test_an_act_whose_proof_is_anothers_speaks_for_nobody(deal: SignedDeal, noun: str) -> None:
    record = of_the(deal, noun)
    (own,) = [value for name, value in record.headers if name == PROOF_HEADER]
    forger = OKPKey.derive_key("somebody else")
    for worn in (
        proof_header(record.value, forger),
        proof_header(record.value, forger, "production"),
        proof_header(record.value + b" ", forger),
        ((PROOF_HEADER, own), (PROOF_HEADER, own)),
        ((PROOF_HEADER, b""),),
        ((PROOF_HEADER, b"\xff.."),),
        ((PROOF_HEADER, own.replace(b"..", b".e30.")),),
    ):
        assert "never" in bent(deal, noun, tuple(worn)).invariants["I3"]


def test_a_proof_of_another_system_or_of_other_bytes_is_not_its_partys(deal: SignedDeal) -> None:
    schemas = schemas_of(deal.stage.world)
    log = log_of(deal.stage.world)
    assert "never" in judge(log, schemas, environment="production").invariants["I3"]
    signed_bytes = of_the(deal, "funds.release").value
    altered = tuple(
        replace(each, value=each.value + b" ") if each.value == signed_bytes else each
        for each in log.records
    )
    assert altered != log.records
    assert "never sent" in judge(Log(altered), schemas).invariants["I3"]


def test_an_acceptance_within_the_order_is_none_of_those_who_sign_themselves(
    deal: SignedDeal,
) -> None:
    # As if contracts had taken the upstream's word for both.
    log = log_of(deal.stage.world)
    kept = [
        record
        for record in log.records
        if not (
            record.topic == topics.CONTRACTS_COMMANDS.name
            and dict(record.headers).get("type") == b"crps.contract.accept.v1"
        )
    ]
    accepted = deal.order_with_acceptances()
    records = [
        replace(each, value=accepted) if each.topic == topics.ORDERS_EVENTS.name else each
        for each in kept
    ]
    verdict = judge(Log(tuple(records)), schemas_of(deal.stage.world)).invariants["I3"]
    assert "never accepted" in verdict


async def test_what_nobody_demanded_must_hold_as_well() -> None:
    deal = SignedDeal(signatures="none")
    await deal.take_effect()
    await deal.act("release", by="payer", amount="1000")
    world = deal.stage.world
    assert judge(log_of(world), schemas_of(world)).invariants["I3"] == OK
    letter = deal.last
    worn = tuple(signed(letter, "payer").headers[-1:])
    assert "never sent" in bent(deal, "funds.release", worn).invariants["I3"]
