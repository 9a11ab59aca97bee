"""Area sandbox: what people tell their bank where the bank is ours to play with, and the clock.

None of it exists in production.
"""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator

from schemas.fields import Fact, Instant, MoneyField, Request, Token

AUTO_PAY_PREFIX = "auto-"
"""A payer whose account token starts so pays exactly what is requested, at once."""


CLOCK_ENDS: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Periods are added to what the clock says, and no calendar here goes beyond the year 9999."""


def _within(instant: datetime) -> datetime:
    if instant >= CLOCK_ENDS:
        raise ValueError(f"the clock can be set to before the year {CLOCK_ENDS.year} only")
    return instant


class OrderPayment(Fact):
    """``crps.payment.order.v1``: someone tells the sandbox bank to pay towards a contract."""

    receipt: Token
    """The reference under which the bank will report it."""
    money: MoneyField
    account: Token
    """From which it is paid."""


class ClockSet(Request):
    """``crps.clock.set.v1``: from this record on it is that instant in its partition.

    On the topics of commands, once in each partition, under the nil contract id: whatever is
    appended behind it is judged at that instant, until the next one. Time never falls.
    """

    to: Annotated[Instant, AfterValidator(_within)]
    """The instant. It stands still until the next record of this type."""


class ClockMoved(Fact):
    """``crps.clock.moved.v1``: every partition of the topics of commands is told this instant.

    Once in each partition of its own topic, under the nil contract id.
    """

    to: Annotated[Instant, AfterValidator(_within)]
    """The instant at which the clock stands."""
