"""The stage: what the auditor finds broken, and who is given which answer."""

from crps.scenario.acts import Acts
from crps.scenario.deal import Deal
from crps.scenario.letters import Writer
from crps.scenario.memory_stage import MemoryStage
from crps.scenario.script import Move
from crps.scenario.stage import Sent

DEAL = Deal.model_validate(
    {"asset": "CNY/2", "tranches": [{"amount": "10000", "period": {"hours": 120}}]}
)


async def effective() -> tuple[MemoryStage, Acts]:
    writer = Writer("a stage")
    stage = MemoryStage(str(writer.contract_id), DEAL.starts, bank_answers=True)
    acts = Acts(DEAL, writer, stage)
    await stage.post(acts.order())
    await stage.post(acts.payment())
    return stage, acts


async def release(stage: MemoryStage, acts: Acts, command_id: str, amount: str) -> Sent:
    return await stage.post(acts.write("release", command_id, Move(by="payer", amount=amount)))


async def test_a_whole_world_breaks_nothing() -> None:
    stage, _ = await effective()
    assert stage.broken() is None


async def test_money_that_vanishes_breaks_an_invariant() -> None:
    stage, _ = await effective()
    table = stage.world.services["contracts"].database["tranche"]
    (row,) = table
    table.put({**row, "free": row["free"] - 1})
    assert (stage.broken() or "").startswith("I0: ")


async def test_an_instruction_to_a_stranger_breaks_an_invariant() -> None:
    stage, acts = await effective()
    await release(stage, acts, "one", "1")
    table = stage.world.services["ledger"].database["instruction"]
    (row,) = table
    table.put({**row, "creditor_account": "account-stranger"})
    assert (stage.broken() or "").startswith("I4: ")


async def test_each_of_several_messages_under_one_id_has_its_own_answer() -> None:
    stage, acts = await effective()
    first = await release(stage, acts, "one", "1")
    stage.world.paused.add("contracts")
    other = await release(stage, acts, "one", "2")
    again = await release(stage, acts, "one", "1")
    stage.world.paused.clear()
    await stage.rest()
    came = [stage.came_of(sent) for sent in (first, other, again)]
    assert [(each.kind, each.code) for each in came] == [
        ("applied", None),
        ("refused", "IDEMPOTENCY_CONFLICT"),
        ("duplicate", None),
    ]
