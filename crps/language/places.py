"""Who writes and who reads each topic, and what a message on it must therefore say."""

from typing import Final

from connectors.sandbox_bank import messages as sandbox_bank
from schemas import topics
from schemas.registry import MODELS
from schemas.topics import RAILS, SERVICES, TOPICS, Topic
from services.contracts.app import SUBSCRIPTIONS as CONTRACTS
from services.disputes.app import SUBSCRIPTIONS as DISPUTES
from services.ledger.app import SUBSCRIPTIONS as LEDGER
from services.scheduler.app import SUBSCRIPTIONS as SCHEDULER

_SUBSCRIPTIONS: Final = {
    "contracts": CONTRACTS,
    "disputes": DISPUTES,
    "ledger": LEDGER,
    "scheduler": SCHEDULER,
}
_FOR_UPSTREAMS: Final = (
    topics.CONTRACTS_EVENTS,
    topics.CONTRACTS_ANSWERS,
    topics.DISPUTES_EVENTS,
    topics.DISPUTES_ANSWERS,
)

UNSIGNED: Final = frozenset(
    wire_type
    for subscriptions in _SUBSCRIPTIONS.values()
    for subscription in subscriptions
    for wire_type in subscription.unsigned
)
"""Types that need no HMAC on a party-writable topic: the scheduler's due messages."""


def readers(topic: Topic) -> list[str]:
    """Return the principals that read ``topic``: services, the rail's connector, upstreams."""
    found = [
        service
        for service, subscriptions in _SUBSCRIPTIONS.items()
        if any(subscription.topic == topic for subscription in subscriptions)
    ]
    if topic.name in sandbox_bank.INBOUND:
        found.append(f"bank-{sandbox_bank.RAIL}")
    if topic in _FOR_UPSTREAMS:
        found.append("upstream")
    return found


def is_ours(topic: Topic) -> bool:
    """Tell whether only our own services write ``topic``."""
    return set(topic.writers) <= set(SERVICES)


def is_numbered(topic: Topic) -> bool:
    """Tell whether its messages are counted per contract: the events of our own services."""
    return is_ours(topic) and ".events." in topic.name


def topics_of(wire_type: str) -> list[Topic]:
    """Return the topics on which ``wire_type`` stands; KeyError when there is none.

    One schema describes the type everywhere, so it has one model and is written by one side:
    AssertionError otherwise.
    """
    places = [topic for topic in TOPICS if wire_type in MODELS.get(topic.name, {})]
    if not places:
        raise KeyError(wire_type)
    assert len({MODELS[topic.name][wire_type] for topic in places}) == 1, wire_type
    assert len({(is_ours(topic), is_numbered(topic)) for topic in places}) == 1, wire_type
    assert len({topic.party_writable for topic in places}) == 1, wire_type
    return places


def meaning(topic: Topic) -> str:
    """Return what ``topic`` is for, in a sentence or two."""
    return _MEANINGS[topic.name]


_MEANINGS: Final = {
    topics.ORDERS_EVENTS.name: "What upstream systems sell: one record makes one contract's offer,"
    " with the whole terms and the acceptances that the upstream already holds.",
    topics.CONTRACTS_COMMANDS.name: "What the parties want while a contract is free of dispute,"
    " and the scheduler's word that a deadline has come. Judged by the broker's append time.",
    topics.CONTRACTS_EVENTS.name: "What has been decided about contracts: offers, effect, whose"
    " the free money is, disputes opened, the end. A command that was applied is the event whose"
    " `causationid` is the command's id.",
    topics.CONTRACTS_ANSWERS.name: "Answers to commands that were refused, or that had been judged"
    " before. `causationid` is the command's id.",
    topics.DISPUTES_COMMANDS.name: "What the parties state in an open dispute, and the scheduler's"
    " word that its deadline has come. Judged by the broker's append time.",
    topics.DISPUTES_EVENTS.name: "What has been decided in disputes: claims, whose the contested"
    " money is, the end. A command that was applied is the event whose `causationid` is the"
    " command's id.",
    topics.DISPUTES_ANSWERS.name: "Answers to statements that were refused, or that had been"
    " judged before. `causationid` is the command's id.",
    topics.LEDGER_EVENTS.name: "What the books say: money booked, books emptied, books reopened.",
    topics.SCHEDULER_EVENTS.name: "Kept for what the scheduler will have to say: nothing yet.",
    topics.SANDBOX_COMMANDS.name: "What people tell the sandbox bank, which does not exist in"
    " production.",
    topics.SANDBOX_CLOCK.name: "Where the sandbox's clock stands. Does not exist in production.",
    **{
        topics.settlements_events(rail).name: f"What the bank of the rail `{rail}` shall expect,"
        " pay and refund: all that its connector may see."
        for rail in RAILS
    },
    **{
        topics.bank_events(rail).name: f"What the bank of the rail `{rail}` reports: all that its"
        " connector may say. The same `id` twice is the same report."
        for rail in RAILS
    },
    **{
        topics.dead_letters(service).name: f"Records that `{service}` could not read or had to"
        " refuse, as they were, with the reason and where they stood."
        for service in SERVICES
    },
}
