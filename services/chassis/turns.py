"""One contract's turn: which of its records may be applied now, in which order, and which wait.

Pure: no I/O. Sequenced topics are applied without a gap and without a repeat; a decision that
rests on a fact of another topic waits until that fact was applied (ARCHITECTURE section 3). Behind
a command that waits for facts the later records of its topic wait too.
"""

from collections.abc import Mapping, Sequence
from typing import Generic

from services.chassis.inbox import (
    A,
    Flawed,
    Hold,
    Passed,
    Record,
    Service,
    Subscription,
    Turn,
)
from services.chassis.tally import count_applied, count_refusal, count_repeat

Applicable = Record | Flawed | Passed


class Turns(Generic[A]):
    """Applies records to aggregates by the rules of the subscriptions."""

    def __init__(self, subscriptions: Sequence[Subscription], service: Service[A]) -> None:
        self._subscriptions = {s.topic.name: s for s in subscriptions}
        self._rank = {s.topic.name: rank for rank, s in enumerate(subscriptions)}
        self._service = service

    def take(self, aggregate: A | None, records: Sequence[Applicable], turn: Turn) -> A | None:
        """Apply ``records`` of one contract; returns its aggregate, None while it is unknown.

        Whatever the service raises passes through: the caller blocks this contract and no other.
        """
        kept_back: set[str] = set()
        for record in sorted(records, key=self._order):
            if isinstance(record, Flawed):
                self._service.refuse(record, turn)
                count_refusal(record, turn)
                continue
            hold = self._must_wait(record, turn)
            if hold == "repeat":
                count_repeat(record, turn)
                turn.done(record)
                continue
            turn.answered = None
            quarantined = len(turn.quarantined)
            if hold is None and record.topic in kept_back:
                hold = Hold.FACTS  # Overtaking would let our lateness decide which came first.
            if hold is None and isinstance(record, Record):
                outcome = self._service.apply(aggregate, record, turn)
                if isinstance(outcome, Hold):
                    hold = outcome
                elif outcome is not None:
                    aggregate = outcome
            if isinstance(hold, Hold):
                if hold is Hold.FACTS:
                    kept_back.add(record.topic)
                turn.hold(record, hold)
                continue
            if len(turn.quarantined) == quarantined:
                count_applied(record, turn)
            if self._subscriptions[record.topic].sequenced:
                turn.seen[record.topic] = record.message.sequence or 0
            turn.done(record)
        return aggregate

    def _must_wait(self, record: Record | Passed, turn: Turn) -> Hold | str | None:
        subscription = self._subscriptions[record.topic]
        if subscription.sequenced:
            sequence, seen = record.message.sequence or 0, turn.seen.get(record.topic, 0)
            if sequence <= seen:
                return "repeat"
            if sequence > seen + 1:
                return Hold.GAP
        # Only our own services rest on facts: a party could make its command wait for ever.
        rests_on = record.message.restson if subscription.ours else None
        if rests_on is not None and self._waits_for(rests_on.topic, rests_on.sequence, turn.seen):
            return Hold.RESTS_ON
        return None

    def _waits_for(self, topic: str, sequence: int, seen: Mapping[str, int]) -> bool:
        subscription = self._subscriptions.get(topic)
        # Facts of a topic this service does not sequence cannot be waited for, nor need they be.
        return bool(subscription and subscription.sequenced and seen.get(topic, 0) < sequence)

    def _order(self, record: Applicable) -> tuple[int, int, int]:
        sequence = 0
        if not isinstance(record, Flawed) and self._subscriptions[record.topic].sequenced:
            sequence = record.message.sequence or 0
        return self._rank[record.topic], sequence, record.offset
