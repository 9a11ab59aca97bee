"""A record that the log itself delivers twice is silent (SPEC section 3), told step by step."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from crps.memory.world import World
from schemas import topics

from . import wire
from .said import Message, read

START = datetime(2026, 3, 1, tzinfo=UTC)
COMMANDS = topics.CONTRACTS_COMMANDS.name
DEAL = wire.Deal(
    contract_id=UUID(int=7, version=4),
    payer="payer-1",
    payee="payee-1",
    payer_account="auto-1",
    amounts=(1_000,),
    periods_ms=(60_000,),
    minimum=1,
    acts=1,
    offer_expires_at=START + timedelta(hours=1),
    accepted_by=("payer", "payee"),
)


class History:
    """One contract, and contracts forgetting where it had read."""

    def __init__(self) -> None:
        self.world = World(seed=1, start=START, upstream_keys=wire.KEYS, partitions=1)

    async def say(self, letter: wire.Letter) -> None:
        self.world.append(letter.topic, letter.key, letter.value, letter.headers)
        await self.world.rest()

    async def deliver_again(self, offset: int) -> None:
        """Crash contracts between its commit and the commit of its offsets, long ago."""
        contracts = self.world.services["contracts"]
        contracts.rewind({(COMMANDS, 0): offset})
        contracts.restart()
        await self.world.rest()

    def of(self, topic: str) -> list[Message]:
        return [read(record, wire.KEYS) for record in self.world.log.topic(topic)]

    def outcomes(self, command_id: str) -> list[str]:
        """What the asker heard: codes of refusals, and kinds of events."""
        answers = [m for m in self.of(topics.CONTRACTS_ANSWERS.name) if m.cause == command_id]
        events = [m for m in self.of(topics.CONTRACTS_EVENTS.name) if m.cause == command_id]
        return [m.data["code"] for m in answers] + [m.kind for m in events]


async def test_an_applied_and_a_stored_refusal_are_silent() -> None:
    history = History()
    await history.say(wire.order_placed(DEAL, START, as_command=False))
    await history.say(wire.move(DEAL, "release", DEAL.payer, "much", START, amount=2_000))
    await history.say(wire.move(DEAL, "release", DEAL.payer, "some", START, amount=100))
    await history.deliver_again(0)
    assert history.outcomes("much") == ["INSUFFICIENT_REMAINDER"]
    assert history.outcomes("some") == ["funds.attributed"]


async def test_a_refused_act_does_not_move_money_when_it_is_delivered_again() -> None:
    history = History()
    await history.say(wire.order_placed(DEAL, START, as_command=False))
    await history.say(wire.move(DEAL, "release", DEAL.payer, "first", START, amount=100))
    await history.say(wire.move(DEAL, "release", DEAL.payer, "second", START, amount=300))
    await history.say(wire.move(DEAL, "return", DEAL.payee, "back", START, amount=600))
    assert history.outcomes("second") == ["ACT_BUDGET_SPENT"]
    await history.deliver_again(1)
    assert history.outcomes("second") == ["ACT_BUDGET_SPENT"]


async def test_a_command_on_an_unknown_contract_stays_refused() -> None:
    history = History()
    await history.say(wire.decline(DEAL, DEAL.payer, "no", START))
    assert history.outcomes("no") == ["UNKNOWN_CONTRACT"]
    unpaid = wire.Deal(**{**vars(DEAL), "payer_account": "account-1"})
    await history.say(wire.order_placed(unpaid, START, as_command=False))
    await history.deliver_again(0)
    assert history.outcomes("no") == ["UNKNOWN_CONTRACT"]
