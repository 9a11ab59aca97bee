"""Given what a party signed, when somebody wraps it anew, then it is its own act or none at all.

Whoever may write to the log has the signed bytes of everybody: it can send them again, elsewhere,
under other headers. Nothing of that may move money, use up an id, or stop the act itself.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crps.memory.world import World
from crps.proofs import proof_header
from crps.replay.signing import signed_headers
from crps.scenario.letters import BANK, KEY, UPSTREAM, Letter
from crps.scenario.signatures import key_of, signed
from crps.scenario.words import Came
from schemas import topics
from schemas.envelope import HMAC_HEADER, PROOF_HEADER, TYPE_HEADER, UPSTREAM_HEADER
from services.chassis.partitioner import partition_of
from tests.unit.scenario.signed import SignedDeal

RIVAL, RIVALS_KEY = "rival", "the rival's key"
OTHER_CONTRACT = b"00000000-0000-4000-8000-000000000001"


@pytest.fixture
async def deal() -> SignedDeal:
    """A signed deal in effect, in a system that knows two upstreams."""
    deal = SignedDeal()
    keys = {UPSTREAM: KEY.encode(), RIVAL: RIVALS_KEY.encode()}
    deal.stage.world = World(seed=1, start=deal.deal.starts, upstream_keys=keys)
    await deal.take_effect()
    return deal


def with_header(letter: Letter, name: str, value: str | None) -> Letter:
    kept = tuple(each for each in letter.headers if each[0] != name)
    return replace(letter, headers=kept if value is None else (*kept, (name, value.encode())))


def under_the_rival(letter: Letter) -> Letter:
    """The same signed bytes, brought by another upstream under its own HMAC."""
    headers = dict(letter.headers)
    worn = signed_headers(headers[TYPE_HEADER].decode(), letter.value, RIVAL, RIVALS_KEY)
    return replace(letter, headers=(*worn, (PROOF_HEADER, headers[PROOF_HEADER])))


def rewritten(letter: Letter, **changes: Any) -> Letter:
    """Other bytes under the upstream's valid HMAC and the party's proof of the former bytes."""
    told = json.loads(letter.value) | changes
    value = json.dumps(told, separators=(",", ":")).encode()
    wire_type = changes.get("type", dict(letter.headers)[TYPE_HEADER].decode())
    worn = signed_headers(wire_type, value, UPSTREAM, KEY)
    proof = dict(letter.headers)[PROOF_HEADER]
    headers = (*worn, (PROOF_HEADER, proof))
    party = told["data"]["party"]
    return replace(letter, value=value, headers=headers, id=told["id"], party=party)


def wrong_partition(letter: Letter) -> Letter:
    return replace(letter, partition=(partition_of(letter.key, 12) + 1) % 12)


REWRAPPED: dict[str, tuple[Callable[[Letter], Letter], Came]] = {
    "by another upstream": (under_the_rival, Came("refused", "NOT_A_PARTY")),
    "named as another upstream's": (
        lambda letter: with_header(letter, UPSTREAM_HEADER, RIVAL),
        Came("quarantined", "HMAC_INVALID"),
    ),
    "without an upstream": (
        lambda letter: with_header(letter, UPSTREAM_HEADER, None),
        Came("quarantined", "UPSTREAM_MISSING"),
    ),
    "without the upstream's word": (
        lambda letter: with_header(letter, HMAC_HEADER, None),
        Came("quarantined", "HMAC_INVALID"),
    ),
    "as the opposite act by its header": (
        lambda letter: with_header(letter, TYPE_HEADER, "crps.funds.return.v1"),
        Came("refused", "MALFORMED"),
    ),
    "as a due message, which needs no word": (
        lambda letter: with_header(letter, TYPE_HEADER, "crps.deadline.reached.v1"),
        Came("quarantined", "SCHEMA_INVALID"),
    ),
    "as the opposite act": (
        lambda letter: rewritten(letter, type="crps.funds.return.v1"),
        Came("refused", "WRONG_ROLE"),
    ),
    "by the other party": (
        lambda letter: rewritten(
            letter,
            type="crps.funds.return.v1",
            data={"party": "payee", "amount": {"amount": "3000", "asset": "CNY/2"}},
        ),
        Came("refused", "SIGNATURE_INVALID"),
    ),
    "under another id": (
        lambda letter: rewritten(letter, id="once-more"),
        Came("refused", "SIGNATURE_INVALID"),
    ),
    "from another sender": (
        lambda letter: rewritten(letter, source="somebody"),
        Came("refused", "SIGNATURE_INVALID"),
    ),
    "with another amount": (
        lambda letter: rewritten(letter, data={"party": "payer", "amount": "ALL"}),
        Came("refused", "SIGNATURE_INVALID"),
    ),
    "as other JSON of the same meaning": (
        lambda letter: rewritten(letter),
        Came("refused", "SIGNATURE_INVALID"),
    ),
    "for another contract by its key": (
        lambda letter: replace(letter, key=OTHER_CONTRACT),
        Came("refused", "MALFORMED"),
    ),
    "for a contract of no key": (
        lambda letter: replace(letter, key=b""),
        Came("quarantined", "KEY_INVALID"),
    ),
    "on another partition": (wrong_partition, Came("refused", "WRONG_PARTITION")),
    "to disputes": (
        lambda letter: replace(letter, topic=topics.DISPUTES_COMMANDS.name),
        Came("quarantined", "TYPE_UNKNOWN"),
    ),
    "as an order": (
        lambda letter: replace(letter, topic=topics.ORDERS_EVENTS.name),
        Came("quarantined", "TYPE_UNKNOWN"),
    ),
    "as a bank's report": (
        lambda letter: replace(letter, topic=BANK),
        Came("quarantined", "TYPE_UNKNOWN"),
    ),
    "without its proof": (
        lambda letter: with_header(letter, PROOF_HEADER, None),
        Came("refused", "SIGNATURE_REQUIRED"),
    ),
    "with its proof twice": (
        lambda letter: replace(letter, headers=(*letter.headers, letter.headers[-1])),
        Came("refused", "SIGNATURE_INVALID"),
    ),
    "with the other party's proof of the same bytes": (
        lambda letter: signed(letter, "payee"),
        Came("refused", "SIGNATURE_INVALID"),
    ),
}


@pytest.mark.parametrize("how", REWRAPPED)
async def test_what_was_signed_is_its_own_act_or_none(how: str, deal: SignedDeal) -> None:
    rewrap, expected = REWRAPPED[how]
    own = deal.own("release", by="payer", amount="3000")
    assert dict(own.headers)[PROOF_HEADER]
    wrapped = rewrap(own)
    forged = await deal.stage.post(wrapped)
    assert expected.met_by(deal.stage.came_of(forged)), deal.stage.came_of(forged)
    assert deal.stage.view.state == "EFFECTIVE"
    assert deal.stage.instructions == []
    # Neither its id nor its party is worse off: the act itself is applied, once.
    assert deal.stage.came_of(await deal.stage.post(own)).kind == "applied"
    again = await deal.stage.post(rewrap(own))
    assert deal.stage.came_of(again).kind != "applied"
    assert [row["amount"] for row in deal.stage.instructions] == [3_000]
    assert deal.stage.broken() is None


async def test_the_type_stands_in_what_was_signed_so_that_its_header_may_be_missing(
    deal: SignedDeal,
) -> None:
    bare = with_header(deal.own("release", by="payer", amount="3000"), TYPE_HEADER, None)
    assert deal.stage.came_of(await deal.stage.post(bare)).kind == "applied"


async def test_a_proof_made_for_another_system_moves_nothing_here(deal: SignedDeal) -> None:
    letter = deal.bare("release", by="payer", amount="3000")
    elsewhere = proof_header(letter.value, key_of("payer"), "production")
    foreign = replace(letter, headers=(*letter.headers, *elsewhere))
    assert deal.stage.came_of(await deal.stage.post(foreign)).code == "SIGNATURE_INVALID"
    assert deal.stage.instructions == []


async def test_a_proof_of_one_act_does_not_carry_another(deal: SignedDeal) -> None:
    small = deal.own("release", by="payer", amount="1")
    large = deal.bare("release", by="payer", amount="10000")
    grafted = replace(large, headers=(*large.headers, small.headers[-1]))
    assert deal.stage.came_of(await deal.stage.post(grafted)).code == "SIGNATURE_INVALID"


async def test_however_often_it_is_replayed_an_act_has_one_effect(deal: SignedDeal) -> None:
    own = deal.own("release", by="payer", amount="3000")
    await deal.stage.post(own)
    await deal.act("back", by="payee", amount="2000")
    for _ in range(3):
        assert deal.stage.came_of(await deal.stage.post(own)).kind == "duplicate"
    assert [row["amount"] for row in deal.stage.instructions] == [3_000, 2_000]


async def test_one_signed_for_this_contract_is_no_act_on_the_partys_other_one(
    deal: SignedDeal,
) -> None:
    # The same two parties with the same keys, in the same world.
    other = SignedDeal(title="Another deal of theirs")
    other.stage.world = deal.stage.world
    await other.take_effect()
    own = deal.own("release", by="payer", amount="3000")
    moved = rewritten(own, subject=str(other.writer.contract_id))
    moved = replace(moved, key=str(other.writer.contract_id).encode())
    assert other.stage.came_of(await other.stage.post(moved)).code == "SIGNATURE_INVALID"
    assert other.stage.instructions == []


async def test_an_order_cannot_bring_acceptances_of_those_who_sign_themselves() -> None:
    deal = SignedDeal()
    order = deal.acts.order()
    value = deal.order_with_acceptances()
    headers = signed_headers("crps.order.placed.v1", value, UPSTREAM, KEY)
    forged = await deal.stage.post(replace(order, value=value, headers=headers))
    assert deal.stage.came_of(forged).code == "SIGNATURE_REQUIRED"
    await deal.take_effect()
