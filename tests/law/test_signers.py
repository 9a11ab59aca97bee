"""I3 (SPEC section 2): every command, from everybody, in every state: none enriches its signer."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any, get_args

import pytest

from services.chassis.answers import Applied
from services.contracts.domain import commands as contracts_commands
from services.contracts.domain import events as contracts_events
from services.contracts.domain.contract import Contract
from services.contracts.domain.contract import Role as Side
from services.disputes.domain import commands as disputes_commands

from . import feeding, telling
from .asking import (
    Accept,
    Act,
    Agree,
    Asker,
    Command,
    Decline,
    Due,
    Lower,
    Offer,
    Open,
    Propose,
    Revoke,
    Rule,
    Shift,
    Statement,
    Withdraw,
)
from .deal import HOUR, OTHER, Terms
from .promising import demand
from .situations import DISPUTED, EXTERNAL, PROPOSED, SHARES, STATES, TERMS, boundaries
from .stage import Stage
from .system import START, instant

ROLES = {
    "payer": ("alice", "shop"),
    "payee": ("bob", "shop"),
    "upstream": ("shop", "shop"),
    "operator": ("operator", "shop"),
    "adjudicator": ("adjudicator", "shop"),
    "stranger": ("mallory", "shop"),
    "another upstream": ("rival", "rival"),
    "payer, on another upstream's word": ("alice", "rival"),
    "payee, on another upstream's word": ("bob", "rival"),
}
AMOUNTS = range(TERMS.total + 2)
TRANCHES = (None, 1, 2)


def asked_of_contracts(asker: Asker, t: int, terms: Terms) -> Iterator[Command]:
    """Every command, with every amount that could matter and each instant beside a boundary."""
    both = tuple((party, True, True) for party in terms.parties)
    for is_command in (False, True):
        yield Offer(asker, terms, t + HOUR, both, is_command)
    yield Accept(asker)
    yield Decline(asker)
    yield Revoke(asker)
    for tranche in TRANCHES:
        for to in OTHER:
            yield Act(asker, to, "ALL", tranche=tranche)
            for x in AMOUNTS:
                yield Act(asker, to, x, tranche=tranche)
                yield Act(asker, to, None, x, tranche)
        for x in range(max(terms.amounts) + 2):
            yield Open(asker, x, tranche)
        for by in OTHER:
            for hours in (0, 5, 8, 10, 12, 15, 16, 20, 25):
                yield Shift(asker, by, hours * HOUR, tranche)


def asked_of_disputes(asker: Asker, t: int, terms: Terms) -> Iterator[Statement]:
    """Every statement, with every amount that could matter."""
    for tranche in (1, 2):
        for x in range(max(terms.amounts) + 2):
            yield Lower(asker, x, tranche)
            yield Rule(asker, x, tranche)
        for name in (*SHARES, "new"):
            yield Agree(asker, name, tranche)
            yield Withdraw(asker, name, tranche)
        for contested, x in product((2, 4, 5), range(6)):
            yield Propose(asker, "new", x, max(contested - x, 0), t + HOUR, tranche)


ASKED = {"contracts": asked_of_contracts, "disputes": asked_of_disputes}


def stands(state: object) -> dict[str, int]:
    """What each side was given."""
    if state is None:
        return dict.fromkeys(OTHER, 0)
    if isinstance(state, Contract):
        buckets = [state.buckets]
    else:
        buckets = [dispute.buckets for dispute in state.disputes]
    return {role: sum(getattr(each, role) for each in buckets) for role in OTHER}


def deadlines(state: object) -> list[object]:
    return [t.deadline_at for t in state.tranches] if isinstance(state, Contract) else []


def passes_without_gain(stage: Stage, role: str, command: Command, t: int) -> bool:
    outcome, before, after = stage.system.weigh(command, t)
    if not isinstance(outcome, Applied):
        return False
    side = role if role in OTHER else None
    gained = {of: stands(after)[of] - stands(before)[of] for of in OTHER}
    signed(role, command, [each for each in map(said, outcome.events) if each], gained)
    if isinstance(command, Agree):
        demand(gained == SHARES[command.name], "both concessions, as they were proposed")
    elif isinstance(command, Rule):
        demand(role == "adjudicator", f"{role} was allowed {command}")
    elif side is None:
        demand(isinstance(command, Offer), f"{role} was allowed {command}")
        demand(not any(gained.values()), f"an offer by the {role} moved money")
    else:
        demand(gained[side] == 0, f"{command} enriched the {side}")
    if before is not None:
        for was, now in zip(deadlines(before), deadlines(after), strict=True):
            if was is not None:
                rightly = now <= was if side != "payee" else now >= was
                demand(rightly, f"{command} by {role}")
    return True


def said(event: Any) -> tuple[Any, ...] | None:
    known = isinstance(event, get_args(contracts_events.Event))
    return (telling.contracts if known else telling.disputes)(event, START)


def signed(
    role: str, command: Command, told: list[tuple[Any, ...]], gained: dict[str, int]
) -> None:
    """Demand that whoever gives something up signs it, and that nothing else was gained."""
    moved = [each for each in told if each[0] == "moved"]
    total = sum(amount for *_, parts, _, _ in moved for _, amount in parts)
    demand(total == sum(gained.values()), f"{command} gave what nobody signed")
    for _, to, _, signer, authority, *_ in moved:
        demand(signer == OTHER[to], f"{command}: what the {to} gains, the {signer} signs")
        demand(authority == word_of(signer, role, command), f"{command}: signed by {authority}")


def word_of(signer: str, role: str, command: Command) -> str | None:
    """By what the signer gives something up where ``role`` asks; None: by nothing that it said."""
    if isinstance(command, Rule):
        return "dispute.ending"
    if signer == role:
        return command.asker.id
    return f"made {command.name}" if isinstance(command, Agree) else None


def try_all(stage: Stage) -> Counter[tuple[str, str]]:
    """Return which commands were applied, and whose they were."""
    applied: Counter[tuple[str, str]] = Counter()
    for topic, every in ASKED.items():
        for t in boundaries(stage, topic):
            for role, (party, upstream) in ROLES.items():
                for command in every(Asker(party, "new", "body", upstream), t, TERMS):
                    passed = passes_without_gain(stage, role, command, t)
                    applied[type(command).__name__, role] += passed
    return applied


def test_no_command_enriches_its_signer_in_any_state() -> None:
    stages = [build(TERMS) for build in (STATES | PROPOSED).values()]
    stages += [build(EXTERNAL) for build in DISPUTED.values()]
    applied = sum(map(try_all, stages), Counter())
    assert set(applied) == {
        ("Act", "payer"), ("Act", "payee"), ("Shift", "payer"), ("Shift", "payee"),
        ("Open", "payer"), ("Lower", "payer"), ("Lower", "payee"), ("Accept", "payer"),
        ("Accept", "payee"), ("Decline", "payer"), ("Decline", "payee"),
        ("Revoke", "payer"), ("Revoke", "payee"), ("Propose", "payer"), ("Propose", "payee"),
        ("Agree", "payer"), ("Agree", "payee"), ("Withdraw", "payer"), ("Withdraw", "payee"),
        ("Rule", "adjudicator"),
        ("Offer", "upstream"), ("Offer", "another upstream"),
    }  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_nothing_that_anybody_can_forge_moves_money_before_its_time(name: str) -> None:
    stage = STATES[name](TERMS)
    before = [t.read_buckets() for t in stage.law.deal.tranches] if stage.law.deal else []
    last = {"contracts": 9 * HOUR, "disputes": 29 * HOUR}
    for topic, t in last.items():
        for timer in ("offer", "chain", "dispute"):
            for tranche in range(4):
                for generation in range(4):
                    heard = stage.due(Due(timer, tranche, generation), topic)
                    early = [told for told in heard.due if told[0] == "moved"]
                    assert all(told[-1] <= stage.at[topic] <= told[-2] for told in early), t
    after = [t.read_buckets() for t in stage.law.deal.tranches] if stage.law.deal else []
    if not any(stage.at.values()):
        assert after == before


def test_every_command_there_is_was_tried() -> None:
    asked = Stage(TERMS).system.contracts.asked(Asker("alice"))
    fed = {
        type(feeding.statement(each, asked, instant) if isinstance(each, Statement)
             else feeding.command(each, asked, instant))
        for every in ASKED.values()
        for each in every(Asker("alice"), 0, TERMS)
    }  # fmt: skip
    services = contracts_commands.PartyCommand, disputes_commands.PartyCommand
    assert fed == {each for commands in services for each in get_args(commands)}
    assert {str(side) for side in Side} == set(OTHER)
