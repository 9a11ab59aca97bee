"""``crps.orders.events.v1``: what upstream systems tell us, one record a contract."""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.fields import Digest, Instant, Request, Token


class Acceptance(Request):
    """One party's acceptance: of which version and digest, and its consents (SPEC section 3)."""

    party: Token
    terms_version: Annotated[int, Field(strict=True, ge=1)]
    terms_digest: Digest
    consent: Literal["subjective_and_automatic", "none"]
    """That the bank executes subjective and automatic instructions."""


class OrderPlaced(Request):
    """An offer: the whole terms, with the acceptances the upstream already holds.

    ``terms`` is kept as it was written, since its canonical form is what both signed; it is read
    as ``schemas.terms_v1.Terms``.
    """

    order_id: Token
    terms: dict[str, Any]
    offer_expires_at: Instant
    acceptances: Annotated[list[Acceptance], Field(max_length=2)]
