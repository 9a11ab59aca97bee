"""What is being played: every contract of the replay, what it still needs, and how it stands.

Pure: it is told what was acked and what was observed, and says what to send when. It knows no
law of its own; a contract ends when the contracts service says so on its topic.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal, Protocol
from uuid import UUID

from crps.replay.messages import (
    Outgoing,
    act,
    act_id,
    answer,
    answer_id,
    opening,
    opening_id,
    order_id,
    order_placed,
    payment_order,
)
from crps.replay.observer import Observed
from crps.replay.plan import ContractPlan
from crps.replay.schedule import Agenda, Timeline, compressed, offer_period
from crps.stack.upstream import Upstream
from schemas.identifiers import contract_id as contract_id_of

STALL: Final = timedelta(seconds=60)
"""Nothing heard for so long, with nothing left to send or to wait for: it will not end."""

Ending = Literal["CLOSED", "OFFER_LAPSED", "DECLINED", "REFUSED"]
_ENDINGS: Final[Mapping[str, Ending]] = {
    "crps.contract.closed.v1": "CLOSED",
    "crps.offer.lapsed.v1": "OFFER_LAPSED",
    "crps.contract.declined.v1": "DECLINED",
}
_APPEARED: Final = frozenset({"crps.contract.offered.v1", "crps.contract.accepted.v1"})


CommandKind = Literal["release", "return", "open", "answer"]


@dataclass(slots=True)
class PlayedCommand:
    """What a party sends: when the broker had it, and what was answered.

    `amount` is what moves, or the claim of an opening or an answer, in minor units. It counts if
    it comes before `deadline_at`, which is as observed; `in_time` says whether the data has it so.
    """

    id: str
    kind: CommandKind
    amount: int | Literal["ALL"]
    in_time: bool
    deadline_at: datetime
    appended_at: datetime | None = None
    answer: Literal["applied", "refused"] | None = None
    code: str | None = None


@dataclass(slots=True)
class Deal:
    """One contract in play.

    Its offer and its payment come at wall instants fixed at the start; the end of its offer is
    fixed when the offer goes out. `to_send` counts records planned and not yet acked.
    `deadline_at` is as observed, and so is `dispute_deadline_at`, which only a dispute has.
    """

    contract_id: UUID
    plan: ContractPlan
    offer_at: datetime
    offer_expires_at: datetime
    pay_at: datetime | None
    to_send: int = 0
    appeared: bool = False
    effective_at: datetime | None = None
    deadline_at: datetime | None = None
    dispute_deadline_at: datetime | None = None
    ending: Ending | None = None
    refusal: str | None = None
    """The code with which the order itself was refused."""
    commands: list[PlayedCommand] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Whether it ended, with everything sent and every command answered."""
        return (
            self.ending is not None
            and self.to_send == 0
            and all(played.answer is not None for played in self.commands)
        )


class _Render(Protocol):
    def __call__(self, *, at: datetime) -> Outgoing: ...


class Campaign:
    """The contracts of one replay, by their ids."""

    def __init__(
        self, plans: Iterable[ContractPlan], upstream: Upstream, timeline: Timeline
    ) -> None:
        self._upstream = upstream
        self._timeline = timeline
        self._agenda: Agenda[_Render] = Agenda()
        self._moved_at = timeline.wall_start
        self._last_deadline = timeline.wall_start
        self.deals: dict[UUID, Deal] = {}
        self._open_by_order: Counter[str] = Counter()
        self.settled_orders = 0
        for plan in plans:
            self._add(plan)
        self.orders = len(self._open_by_order)

    @property
    def done(self) -> bool:
        """Whether every contract is settled."""
        return self.settled_orders == self.orders

    @property
    def next_due(self) -> datetime | None:
        """When there is something to send next."""
        return self._agenda.next_due

    def take_due(self, now: datetime, *, at: datetime | None = None) -> list[Outgoing]:
        """Return what is due at `now`, in order; `at` is when it is sent, if that is not now."""
        return [render(at=at or now) for render in self._agenda.take_due(now)]

    def stalled(self, now: datetime) -> bool:
        """Tell whether nothing has moved for `STALL` since the last thing that was to come."""
        last = max(self._moved_at, self._last_deadline, self._agenda.last_due or self._moved_at)
        return now >= last + STALL

    def on_ack(self, message: Outgoing, appended_at: datetime) -> None:
        """Note that the broker has a record."""
        deal = self.deals[message.contract_id]
        before = deal.settled
        deal.to_send -= 1
        self._moved_at = max(self._moved_at, appended_at)
        played = _command_of(deal, message.id)
        if played is not None:
            played.appended_at = appended_at
        self._note_settled(deal, before)

    def on_observed(self, seen: Observed) -> None:
        """Note what contracts or disputes said, and plan what follows from it."""
        deal = self.deals[seen.contract_id]
        before = deal.settled
        self._moved_at = max(self._moved_at, seen.appended_at)
        if seen.type in _APPEARED:
            deal.appeared = True
        elif seen.type == "crps.contract.effective.v1":
            self._on_effective(deal, seen)
        elif seen.type == "crps.dispute.opened.v1":
            self._on_opened(deal, seen)
        elif seen.type == "crps.funds.attributed.v1":
            # Not by its cause: a late command also sets off what was due, and is refused then.
            self._answer(deal, seen.data["authorisation"].get("command_id"), "applied", None)
        elif seen.type == "crps.claim.stated.v1":
            self._answer(deal, seen.data["command_id"], "applied", None)
        elif seen.type == "crps.command.refused.v1":
            self._answer(deal, seen.data["command_id"], "refused", seen.data["code"])
        elif seen.type == "crps.command.duplicated.v1":
            # Sent twice by a publisher that had lost its broker: the first answer stands.
            self._answer(deal, seen.data["command_id"], seen.data["first"], seen.data.get("code"))
        elif seen.type in _ENDINGS:
            deal.ending = _ENDINGS[seen.type]
        self._note_settled(deal, before)

    def _add(self, plan: ContractPlan) -> None:
        contract_id = contract_id_of(self._upstream.id, plan.order_id, plan.seller_id)
        offer_at = self._timeline.wall(plan.offered_at)
        deal = Deal(
            contract_id=contract_id,
            plan=plan,
            offer_at=offer_at,
            offer_expires_at=offer_at + offer_period(plan, self._timeline.scale_ms),
            pay_at=None if plan.funded_at is None else self._timeline.wall(plan.funded_at),
        )
        self.deals[contract_id] = deal
        self._open_by_order[plan.order_id] += 1
        self._last_deadline = max(self._last_deadline, deal.offer_expires_at)
        self._plan(deal, deal.offer_at, partial(self._offer, deal))
        if deal.pay_at is not None:
            self._plan(deal, deal.pay_at, partial(payment_order, plan, contract_id, self._upstream))

    def _offer(self, deal: Deal, *, at: datetime) -> Outgoing:
        """Return the offer. Its period runs from now, so that our own delay costs none of it.

        Sent ahead, as a virtual replay does within the hour, it runs from its own instant.
        """
        begin = max(at, deal.offer_at)
        deal.offer_expires_at = begin + offer_period(deal.plan, self._timeline.scale_ms)
        self._last_deadline = max(self._last_deadline, deal.offer_expires_at)
        return order_placed(
            deal.plan,
            deal.contract_id,
            self._upstream,
            scale_ms=self._timeline.scale_ms,
            at=at,
            offer_expires_at=deal.offer_expires_at,
        )

    def _plan(self, deal: Deal, due: datetime, render: _Render) -> None:
        deal.to_send += 1
        self._agenda.add(due, render)

    def _on_effective(self, deal: Deal, seen: Observed) -> None:
        if deal.effective_at is not None:
            return
        deal.effective_at = datetime.fromisoformat(seen.data["effective_at"])
        deadlines = [datetime.fromisoformat(t["deadline_at"]) for t in seen.data["tranches"]]
        deal.deadline_at = max(deadlines)
        self._last_deadline = max(self._last_deadline, deal.deadline_at)
        for number, planned in enumerate(deal.plan.acts, start=1):
            self._expect(
                deal,
                PlayedCommand(
                    id=act_id(deal.contract_id, number),
                    kind=planned.kind,
                    amount=planned.amount,
                    in_time=planned.after < deal.plan.chain_period,
                    deadline_at=deal.deadline_at,
                ),
                deal.effective_at + compressed(planned.after, self._timeline.scale_ms),
                partial(act, deal.plan, planned, deal.contract_id, self._upstream, number=number),
            )
        if (dispute := deal.plan.dispute) is not None:
            self._expect(
                deal,
                PlayedCommand(
                    id=opening_id(deal.contract_id),
                    kind="open",
                    amount=dispute.claim_minor,
                    in_time=dispute.after < deal.plan.chain_period,
                    deadline_at=deal.deadline_at,
                ),
                deal.effective_at + compressed(dispute.after, self._timeline.scale_ms),
                partial(opening, deal.plan, dispute, deal.contract_id, self._upstream),
            )

    def _on_opened(self, deal: Deal, seen: Observed) -> None:
        """Note the opening and plan the answer, which comes so long after it as the data has it."""
        self._answer(deal, seen.cause, "applied", None)
        dispute = deal.plan.dispute
        if deal.dispute_deadline_at is not None or dispute is None:
            return
        deal.dispute_deadline_at = datetime.fromisoformat(seen.data["deadline_at"])
        self._last_deadline = max(self._last_deadline, deal.dispute_deadline_at)
        if dispute.answer_minor is None or dispute.answer_after is None:
            return
        opened_at = datetime.fromisoformat(seen.data["opened_at"])
        self._expect(
            deal,
            PlayedCommand(
                id=answer_id(deal.contract_id),
                kind="answer",
                amount=dispute.answer_minor,
                in_time=dispute.answer_after < dispute.period,
                deadline_at=deal.dispute_deadline_at,
            ),
            opened_at + compressed(dispute.answer_after, self._timeline.scale_ms),
            partial(answer, deal.plan, dispute.answer_minor, deal.contract_id, self._upstream),
        )

    def _expect(self, deal: Deal, played: PlayedCommand, due: datetime, render: _Render) -> None:
        deal.commands.append(played)
        self._plan(deal, due, render)

    def _answer(
        self,
        deal: Deal,
        command_id: str | None,
        answer: Literal["applied", "refused"],
        code: str | None,
    ) -> None:
        played = _command_of(deal, command_id)
        if played is not None and played.answer is None:
            played.answer, played.code = answer, code
        elif answer == "refused" and command_id == order_id(deal.contract_id):
            deal.ending, deal.refusal = "REFUSED", code

    def _note_settled(self, deal: Deal, before: bool) -> None:
        if deal.settled and not before:
            self._open_by_order[deal.plan.order_id] -= 1
            self.settled_orders += self._open_by_order[deal.plan.order_id] == 0


def _command_of(deal: Deal, command_id: str | None) -> PlayedCommand | None:
    return next((played for played in deal.commands if played.id == command_id), None)
