"""The terms of a contract as its upstream offered them, found in the log and checked by digest."""

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import rfc8785

from crps.audit.fold import standing_of
from crps.audit.trail import Trail, of
from schemas.contracts_v1 import ContractAccepted, ContractOffered
from schemas.orders_v1 import OfferContract, OrderPlaced
from schemas.terms_v1 import Terms


def agreed_terms(trail: Trail) -> Terms | None:
    """Return the terms that the contract's own upstream offered; None if it never did.

    They come from the upstream's record and not from our event, whose digest they must have
    (SHA-256 over RFC 8785, SPEC section 1).
    """
    standing = standing_of(trail)
    if standing is None:
        return None
    for offer in offers_of(trail, standing.upstream):
        if digest_of(offer.terms) == standing.terms_digest:
            return Terms.model_validate(offer.terms)
    return None


def offers_of(trail: Trail, upstream: str) -> Iterator[OrderPlaced]:
    """Yield what this upstream itself offered; through it a party may have tried, in vain."""
    for message, offer in of(trail.offers, OrderPlaced):
        acting = offer.party if isinstance(offer, OfferContract) else None
        if message.upstream == upstream and acting in (None, upstream):
            yield offer


def terms_differ(trail: Trail) -> Iterator[str]:
    """Yield a sentence for each event that states other terms than the upstream offered."""
    standing = standing_of(trail)
    if standing is None:
        return
    if agreed_terms(trail) is None:
        yield f"upstream {standing.upstream} never offered terms {standing.terms_digest}"
        return
    for message in trail.events:
        told = message.data
        if not isinstance(told, ContractOffered | ContractAccepted):
            continue
        if {digest_of(told.terms), told.terms_digest} != {standing.terms_digest}:
            yield f"{message.id} states other terms than were offered"


def digest_of(terms: dict[str, Any]) -> str | None:
    """Return the digest that both parties would have to accept; None if they have no such form."""
    return _digest_of(json.dumps(terms))


@lru_cache(maxsize=1024)
def _digest_of(written: str) -> str | None:
    # Several invariants ask for the same terms, and the canonical form takes its time.
    try:
        return hashlib.sha256(rfc8785.dumps(json.loads(written))).hexdigest()
    except rfc8785.CanonicalizationError:
        return None


def sum_of_terms(terms: Terms) -> int:
    """Return T, in minor units."""
    return sum(tranche.amount for tranche in terms.tranches)
