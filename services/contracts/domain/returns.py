"""An offer that ends without effect: all that was received for it goes back (SPEC section 3)."""

from typing import Final, Literal

from services.contracts.domain.contract import ReceiptShare, Role
from services.contracts.domain.events import Event, OfferDeclined, OfferLapsed, ReceiptReturned

RETURNS_LISTED_MAX: Final = 100
"""How many returns the ending itself lists, so that the event fits a record. Each further one is
said right after it, in the order of the receipts."""


def lapse(
    receipts: tuple[ReceiptShare, ...], reason: Literal["calendar_not_published"] | None = None
) -> tuple[Event, ...]:
    """Return the lapse of an offer for which ``receipts`` had come."""
    return (OfferLapsed(receipts[:RETURNS_LISTED_MAX], reason), *_rest(receipts, "offer_lapsed"))


def decline(receipts: tuple[ReceiptShare, ...], by: Role) -> tuple[Event, ...]:
    """Return the decline by ``by`` of an offer for which ``receipts`` had come."""
    return (OfferDeclined(by, receipts[:RETURNS_LISTED_MAX]), *_rest(receipts, "declined"))


def _rest(
    receipts: tuple[ReceiptShare, ...], cause: Literal["offer_lapsed", "declined"]
) -> tuple[Event, ...]:
    return tuple(ReceiptReturned(share, cause) for share in receipts[RETURNS_LISTED_MAX:])
