"""Bugs planted one at a time: the simulator must find each, or its silence means nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from services.chassis import outbox, processor, proofs
from services.chassis.inbox import Hold
from services.chassis.journal import QUERIES as CHASSIS
from services.chassis.processor import Processor
from services.chassis.turns import Turns
from services.contracts.domain import acts, arrivals, decide, funding
from services.contracts.domain.contract import Status
from services.contracts.handlers import Contracts
from services.ledger.domain import drafts, instructions
from services.ledger.handlers import Ledger
from services.scheduler.handlers import Scheduler

from .planting import Plants

PLANTS = Plants()
plant = PLANTS.plant


# --- the law ------------------------------------------------------------------------------------


@plant
def deadline_is_over_only_after_it(patch: pytest.MonkeyPatch) -> None:
    """``>`` where ``>=`` belongs: what is due at t is not due at t."""
    right = decide.due_by
    tick = timedelta(microseconds=1)
    patch.setattr(decide, "due_by", lambda contract, t: right(contract, t - tick))


@plant
def early_due_message_counts(patch: pytest.MonkeyPatch) -> None:
    """A due message pays the payee before the deadline."""
    year = timedelta(days=365)
    right = arrivals.due_by
    patch.setattr(arrivals, "due_by", lambda contract, t: right(contract, t + year))
    patch.setattr(decide, "fire", lambda contract, due, t: arrivals.fire(contract, due, t + year))


@plant
def old_generation_counts(patch: pytest.MonkeyPatch) -> None:
    """A due message of a generation that never was executes what is due."""
    right = decide.fire
    patch.setattr(decide, "fire", lambda c, due, t: right(c, replace(due, generation=1), t))


@plant
def amount_is_clamped(patch: pytest.MonkeyPatch) -> None:
    """Who asks for more than is free gets what is free."""
    right = acts._wanted

    def clamped(command: Any, scope: Any, free: int, asset: str) -> int | None:
        wanted = right(command, scope, free, asset)
        return None if wanted is None else min(wanted, free)

    patch.setattr(acts, "_wanted", clamped)


@plant
def payee_may_release(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whose act it is; the books of authority still name the loser."""
    right = decide._admit

    def admit(contract: Any, command: Any) -> Any:
        refusal = right(contract, command)
        return None if refusal is not None and refusal.code == "WRONG_ROLE" else refusal

    patch.setattr(decide, "_admit", admit)


@plant
def upstream_may_act_for_those_who_sign(patch: pytest.MonkeyPatch) -> None:
    """A demanded signature may be missing."""
    right = decide.unproven
    patch.setattr(
        decide, "unproven", lambda asked, key, demanded: right(asked, key, demanded=False)
    )


@plant
def anybodys_signature_counts(patch: pytest.MonkeyPatch) -> None:
    """A signature need not be the party's own."""
    patch.setattr(proofs, "is_signed", lambda *_: True)


@plant
def command_id_counts_twice(patch: pytest.MonkeyPatch) -> None:
    """The register of first answers is not looked at."""
    right = decide._judge

    def judge(contract: Any, command: Any, at: Any) -> Any:
        fresh = replace(command, asked=replace(command.asked, first=None))
        return right(contract, fresh, at)

    patch.setattr(decide, "_judge", judge)


@plant
def latest_deadline_is_released_first(patch: pytest.MonkeyPatch) -> None:
    """A release without a tranche draws in the order of a return."""
    right = acts._deadline_order

    def backwards(tranche: Any) -> Any:
        deadline_at, number = right(tranche)
        return -deadline_at.timestamp(), -number

    patch.setattr(acts, "_deadline_order", backwards)


@plant
def excess_is_kept(patch: pytest.MonkeyPatch) -> None:
    """More than T came; nobody sends the rest home."""
    right = funding.effect

    def effect(*arguments: Any) -> Any:
        return tuple(replace(event, excess=None) for event in right(*arguments))

    patch.setattr(funding, "effect", effect)


@plant
def late_money_is_kept(patch: pytest.MonkeyPatch) -> None:
    """A receipt after the offer's end waits for an effect that cannot come."""
    right = funding._receipt

    def receipt(contract: Any, status: Any, report: Any, now: Any) -> Any:
        ended = status in {Status.DECLINED, Status.OFFER_LAPSED}
        return right(contract, Status.OFFERED if ended else status, report, now)

    patch.setattr(funding, "_receipt", receipt)


@plant
def settlement_goes_to_the_payer(patch: pytest.MonkeyPatch) -> None:
    """The instruction builder takes the creditor of the other direction."""
    swapped = {direction: role.other for direction, role in instructions.CREDITOR.items()}
    patch.setattr(drafts, "CREDITOR", swapped)


# --- delivery -----------------------------------------------------------------------------------


@plant
def sequences_are_not_checked(patch: pytest.MonkeyPatch) -> None:
    """A repeated event of our own is applied again."""
    patch.setattr(Turns, "_must_wait", lambda *_: None)


@plant
def outbox_is_emptied_before_the_ack(patch: pytest.MonkeyPatch) -> None:
    """The relay forgets its rows, and sends them then."""
    right = outbox.Relay._send

    async def send(relay: Any, rows: Any) -> bool:
        await relay._pool.execute(
            CHASSIS["delete_sent"], [r["shard"] for r in rows], [r["id"] for r in rows],
            relay._token,
        )  # fmt: skip
        return await right(relay, rows)

    patch.setattr(outbox.Relay, "_send", send)


@plant
def failed_sends_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A batch that the broker did not take is deleted with those that it took."""
    right = outbox.Relay._send

    async def send(relay: Any, rows: Any) -> bool:
        try:
            return await right(relay, rows)
        except KafkaError:
            await relay._pool.execute(
                CHASSIS["delete_sent"], [r["shard"] for r in rows], [r["id"] for r in rows],
                relay._token,
            )  # fmt: skip
            raise

    patch.setattr(outbox.Relay, "_send", send)


@plant
def refusal_does_not_wait_for_facts(patch: pytest.MonkeyPatch) -> None:
    """A command that overtook its offer is refused instead of kept."""
    right = Contracts.apply
    patch.setattr(
        Contracts, "apply", lambda s, a, r, turn: right(s, a, replace(r, facts_read=True), turn)
    )


@plant
def money_for_an_unknown_contract_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """A bank's report that came before its contract is applied to nothing."""
    right = Ledger.apply

    def apply(service: Any, aggregate: Any, record: Any, turn: Any) -> Any:
        outcome = right(service, aggregate, record, turn)
        return None if outcome is Hold.UNREGISTERED else outcome

    patch.setattr(Ledger, "apply", apply)


@plant
def what_the_log_repeats_is_judged_anew(patch: pytest.MonkeyPatch) -> None:
    """How far the parties' topics were read is not asked for."""

    async def nowhere(*_: Any) -> dict[Any, int]:
        return {}

    patch.setattr(processor, "lock_positions", nowhere)


@plant
def blocked_records_are_lost(patch: pytest.MonkeyPatch) -> None:
    """What waits behind a blocked record is not kept."""
    patch.setattr(Processor, "_queue_behind", lambda *_: None)


@plant
def timers_never_move(patch: pytest.MonkeyPatch) -> None:
    """The scheduler keeps the first set of timers it heard of."""
    right = Scheduler.apply

    def apply(service: Any, aggregate: Any, record: Any, turn: Any) -> Any:
        return (
            aggregate
            if aggregate and aggregate.versions
            else right(service, aggregate, record, turn)
        )

    patch.setattr(Scheduler, "apply", apply)


@pytest.mark.parametrize("name", sorted(PLANTS))
async def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await PLANTS.expect_found(name, monkeypatch)
