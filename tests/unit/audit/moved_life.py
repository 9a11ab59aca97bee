"""The life of a contract whose deadlines move, told as in `lives`."""

from collections.abc import Mapping
from copy import deepcopy

from crps.audit.books import Buckets
from tests.unit.audit.lives import attribute, beginning, ending
from tests.unit.audit.story import COMMANDS, EVENTS, TERMS, Said, Story, buckets, instant

CAPS = {"extend_ms": 5_000, "advance_ms": 6_000}
FIRST = {1: 11.25, 2: 21.25}
MOVERS = {"payee": ("bob", "deadline.extend"), "payer": ("alice", "deadline.advance")}


def moved_story(caps: Mapping[str, int] | None = CAPS) -> Story:
    """Return a life of moved deadlines in which nothing is wrong.

    Tranche 1 would end at 11.25: the payee extends it to 15.25, the payer advances it to 14.25;
    the payee returns 1,000 at 12, the rest arrives. Tranche 2 would end at 21.25: the payer
    advances it to 16.25.
    """
    story = Story(terms=deepcopy(TERMS))
    if caps is not None:
        story.terms["caps"] = dict(caps)
    beginning(story)
    move(story, "payee", 1, 5, (11.25, 15.25), 2)
    move(story, "payer", 1, 6, (15.25, 14.25), 3)
    move(story, "payer", 2, 7, (21.25, 16.25), 2)
    give_back = {"party": "bob", "amount": {"amount": "1000", "asset": "CNY/2"}, "tranche": 1}
    story.say(COMMANDS, "funds.return", 12, give_back, id="c-1", upstream="shop")
    live = {"signer": "payee", "basis": "live", "command_id": "c-1"}
    part = {
        "tranche": 1,
        "amount": "1000",
        "before": buckets(6000),
        "after": buckets(5000, 0, 1000),
    }
    attribute(story, "payer", "return", 12, part, live, cause="c-1")
    _arrive(story, 1, 14.25, 3, 5000, 1000)
    _arrive(story, 2, 16.25, 2, 4000, 0)
    ending(story, 17, payee=9000, payer=1000)
    story.tranches = {1: Buckets(payee=5000, payer=1000), 2: Buckets(payee=4000)}
    return story


def move(
    story: Story, by: str, tranche: int, second: float, way: tuple[float, float], generation: int
) -> Said:
    """Let a party move a deadline, and contracts say so."""
    party, noun = MOVERS[by]
    command_id = f"m-{second}"
    asked = {"party": party, "to": instant(way[1]), "tranche": tranche}
    story.say(COMMANDS, noun, second, asked, id=command_id, upstream="shop")
    told = {
        "by": by,
        "command_id": command_id,
        "tranche": tranche,
        "before": instant(way[0]),
        "after": instant(way[1]),
        "generation": generation,
        "first_deadline_at": instant(FIRST[tranche]),
        "judged_at": instant(second),
        "timers": [],
    }
    return story.say(EVENTS, "deadline.moved", second + 0.02, told, cause=command_id)


def _arrive(
    story: Story, tranche: int, due: float, generation: int, amount: int, payer: int
) -> None:
    told = {"timer": "chain", "tranche": tranche, "generation": generation, "due_at": instant(due)}
    said = story.say(COMMANDS, "deadline.reached", due + 0.05, told, id=f"due-{tranche}")
    clause = {"signer": "payer", "basis": "clause", "clause": "arrival"}
    part = {
        "tranche": tranche,
        "amount": str(amount),
        "before": buckets(amount, 0, payer),
        "after": buckets(0, amount, payer),
    }
    attribute(
        story, "payee", "arrival", due + 0.05, part, clause, cause=said.id, due_at=instant(due)
    )
