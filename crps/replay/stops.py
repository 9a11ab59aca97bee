"""Where the clock of a virtual replay stops, what is sent there, and what must happen first.

It stops at each full hour in which somebody acts and at each deadline that a contract has named,
and nowhere else. At a stop goes out what falls before the next deadline and before the hour ends:
so whatever the data dates before a deadline is judged before it, and the rest at it or later. It
moves on when all that was sent is answered and no deadline is left that has come. Pure.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from crps.replay.campaign import Campaign, Deal
from crps.replay.messages import Outgoing
from crps.replay.observer import Observed
from schemas import topics

HOUR: Final = timedelta(hours=1)

Source = tuple[UUID, str]
"""A contract, and the topic on which its deadlines are named: contracts and disputes have each."""


class Stops:
    """One walk over the true dates of a campaign; `now` is where the clock stands."""

    def __init__(self, campaign: Campaign) -> None:
        """Begin at the hour of the first offer. The campaign has one, and nothing compressed."""
        assert campaign.next_due is not None, "there is something to send"
        self.now = _hour(campaign.next_due)
        self._campaign = campaign
        self._live: dict[UUID, Deal] = {}
        """What was sent an offer and is not settled."""
        self._unacked = 0
        self._sent_to = self.now
        """Everything due before this instant was sent."""
        self._named: dict[Source, tuple[int, tuple[datetime, ...]]] = {}
        """By source the version last heard, and the deadlines that it named."""

    def take(self) -> list[Outgoing]:
        """Return what must be sent at this stop and was not yet, in order."""
        ahead = (due for due in self._deadlines() if due > self.now)
        self._sent_to = min([_hour(self.now) + HOUR, *ahead])
        messages = self._campaign.take_due(self._sent_to - timedelta.resolution, at=self.now)
        for message in messages:
            self._live[message.contract_id] = self._campaign.deals[message.contract_id]
        self._unacked += len(messages)
        return messages

    def on_ack(self, message: Outgoing) -> None:
        """Note that the broker has a record: by this clock it was appended now."""
        self._unacked -= 1
        self._campaign.on_ack(message, self.now)

    def on_observed(self, seen: Observed) -> None:
        """Note what contracts or disputes said, and which deadlines they name from now on."""
        self._campaign.on_observed(seen)
        timers, source = seen.data.get("timers"), (seen.contract_id, seen.topic)
        if timers is None or seen.sequence is None:
            return
        # A record may come twice, and then an older one after a newer.
        if seen.sequence > self._named.get(source, (0, ()))[0]:
            dues = tuple(datetime.fromisoformat(timer["due_at"]) for timer in timers)
            self._named[source] = (seen.sequence, dues)

    @property
    def waits(self) -> bool:
        """Whether something has not happened yet that must before the clock moves on."""
        return (
            self._unacked > 0
            or any(due <= self.now for due in self._deadlines())
            or any(self._is_unanswered(deal) for deal in self._live.values())
        )

    def move(self) -> bool:
        """Go to the next stop; False where nothing will happen any more."""
        self._live = {c: deal for c, deal in self._live.items() if not deal.settled}
        coming = [due for due in self._deadlines() if due > self.now]
        if (due := self._campaign.next_due) is not None:
            coming.append(max(_hour(due), self._sent_to))
        if not coming:
            return False
        self.now = min(coming)
        return True

    def _deadlines(self) -> list[datetime]:
        return [
            due
            for contract_id in self._live
            for topic in (topics.CONTRACTS_EVENTS.name, topics.DISPUTES_EVENTS.name)
            for due in self._named.get((contract_id, topic), (0, ()))[1]
        ]

    def _is_unanswered(self, deal: Deal) -> bool:
        if any(sent.appended_at is not None and sent.answer is None for sent in deal.commands):
            return True
        if deal.dispute_deadline_at is not None:
            # Between the opening and its registration nobody names the dispute's deadline.
            return (deal.contract_id, topics.DISPUTES_EVENTS.name) not in self._named
        if deal.ending is not None or deal.effective_at is not None:
            return False
        paid = deal.pay_at is not None and deal.pay_at < self._sent_to
        return paid or not deal.appeared


def _hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)
