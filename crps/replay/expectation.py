"""Whether a contract ended as it had to: as the data planned it, and as the law judges its acts.

Two yardsticks. The plan holds for contracts whose acts and payment reached the broker on the side
of the deadline where the data puts them, and not close to it. The law holds for every effective
contract: what was appended before the deadline counts, what was appended at it or later does not,
however close (SPEC section 5). Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from crps.audit.history import History
from crps.replay.campaign import Deal, PlayedAct
from crps.replay.measures import Outcome, outcome
from crps.replay.messages import act_id
from crps.replay.plan import expected_outcome
from crps.replay.schedule import NEAR

Standing = Literal["comparable", "near", "displaced"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """One contract against both yardsticks; `breach` says what differs, None if nothing does."""

    standing: Standing
    planned: Outcome
    actual: Outcome | None
    breach: str | None


def rule(deal: Deal, history: History, append_times: Mapping[str, datetime]) -> Ruling:
    """Compare a contract that was played with how it ended.

    `append_times` are the auditor's, by command id; they stand before the driver's own acks, which
    may be those of a repetition.
    """
    acts = [
        (played, append_times.get(act_id(deal.contract_id, number), played.appended_at))
        for number, played in enumerate(deal.acts, start=1)
    ]
    standing = _standing(deal, history, acts)
    planned: Outcome = expected_outcome(deal.plan)
    actual = outcome(history)
    breach = None
    if actual is not None:
        lawful = _by_law(history, acts)
        if actual != lawful:
            breach = f"{deal.contract_id} ended {actual}; by its append times it must be {lawful}"
        elif standing == "comparable" and actual != planned:
            breach = f"{deal.contract_id} ended {actual}; the data says {planned}"
    return Ruling(standing, planned, actual, breach)


def is_near(appended_at: datetime | None, deadline_at: datetime | None) -> bool:
    """Tell whether an act came within `NEAR` of the deadline, before or after it."""
    if appended_at is None or deadline_at is None:
        return False
    return abs(appended_at - deadline_at) <= NEAR


def _standing(
    deal: Deal, history: History, acts: list[tuple[PlayedAct, datetime | None]]
) -> Standing:
    if deal.pay_at is not None and abs(deal.pay_at - deal.offer_expires_at) <= NEAR:
        return "near"
    if not history.deadlines:
        return "comparable"
    deadline_at = max(history.deadlines)
    if any(is_near(appended_at, deadline_at) for _, appended_at in acts):
        return "near"
    for played, appended_at in acts:
        in_time = played.planned.after < deal.plan.chain_period
        if appended_at is None or in_time != (appended_at < deadline_at):
            return "displaced"
    return "comparable"


def _by_law(history: History, acts: list[tuple[PlayedAct, datetime | None]]) -> Outcome:
    if history.effective_at is None:
        return "lapsed"
    deadline_at = max(history.deadlines)
    free = history.total
    last: Outcome = "arrived"
    in_time = sorted(
        (
            (appended_at, number, played.planned)
            for number, (played, appended_at) in enumerate(acts)
            if appended_at is not None and appended_at < deadline_at
        ),
        key=lambda act: act[:2],
    )
    for _, _, planned in in_time:
        if free > 0:
            free -= free if planned.amount == "ALL" else planned.amount
            last = "released" if planned.kind == "release" else "returned"
    return "arrived" if free > 0 else last
