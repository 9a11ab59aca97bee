"""Dividing all that is contested: one attribution a side, and nothing is contested any more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from services.disputes.domain.docket import Dispute, Role
from services.disputes.domain.events import Authorisation, FundsAttributed


def divided(
    dispute: Dispute,
    shares: Mapping[Role, int],
    signed: Mapping[Role, Authorisation],
    cause: Literal["proposal", "ruling", "dispute_default"],
    judged_at: datetime,
    due_at: datetime | None = None,
) -> tuple[FundsAttributed, ...]:
    """Return the attributions by which what is contested goes as ``shares`` say, the payee's first.

    ``signed`` is each side's own word for what it gives up; who gives up nothing need not have any.
    """
    assert sum(shares.values()) == dispute.buckets.contested
    attributed: list[FundsAttributed] = []
    buckets = dispute.buckets
    for to in (Role.PAYEE, Role.PAYER):
        if amount := shares.get(to, 0):
            before, buckets = buckets, buckets.given(to, amount)
            event = FundsAttributed(
                dispute.tranche, to, cause, amount, before, buckets, signed[to.other], judged_at,
                due_at,
            )  # fmt: skip
            attributed.append(event)
    return tuple(attributed)
