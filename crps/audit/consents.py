"""Revoked consents: each is the party's own word, said once; nothing may come of one."""

from collections.abc import Iterator
from typing import Final

from crps.audit.authorship import sent_by
from crps.audit.trail import Trail
from schemas.consents_v1 import ConsentRevoked
from schemas.terms_v1 import Terms

REVOKE_TYPE: Final = "crps.consent.revoke.v1"


def revocations_signed(trail: Trail, terms: Terms) -> Iterator[str]:
    """Yield a sentence for each revocation that its party never sent, or that it repeats."""
    said: set[str] = set()
    for message, told in trail.events_of(ConsentRevoked):
        party = terms.payer.party if told.by == "payer" else terms.payee.party
        if not sent_by(party, REVOKE_TYPE, message.causation_id, trail, terms, trail.commands):
            yield f"{message.id}: the {told.by} never sent {message.causation_id}"
        if told.by in said:
            yield f"{message.id}: the {told.by} revokes a second time"
        said.add(told.by)
