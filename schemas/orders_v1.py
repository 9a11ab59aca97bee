"""``crps.orders.events.v1``: what upstream systems tell us, one record a contract."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.fields import Digest, Instant, Request, Token
from schemas.terms_v1 import TermsDocument


class Acceptance(Request):
    """One party's acceptance: of which version and digest, and its consents (SPEC section 3)."""

    party: Token
    terms_version: Annotated[int, Field(strict=True, ge=1)]
    """The terms' own `version`."""
    terms_digest: Digest
    """SHA-256 of the terms' canonical form (RFC 8785)."""
    consent: Literal["subjective_and_automatic", "none"]
    """That the bank executes subjective and automatic instructions."""


class OrderPlaced(Request):
    """An offer: the whole terms, with the acceptances the upstream already holds."""

    order_id: Token
    """The upstream's own id of the order."""
    terms: TermsDocument
    """What both parties sign; its digest is taken over its canonical form (RFC 8785)."""
    offer_expires_at: Instant
    """Until then both must have accepted and the whole money be there, else the offer lapses."""
    acceptances: Annotated[list[Acceptance], Field(max_length=2)]
    """Those that the upstream already holds; the others follow as `crps.contract.accept.v1`."""


class OfferContract(OrderPlaced):
    """``crps.contract.offer.v1``: the same, as a command on ``crps.contracts.commands.v1``."""

    party: Token | None = None
    """Who acts: the upstream, by its own id or where nobody is named. Only an upstream offers."""
