"""The invariants of SPEC sections 2 and 6 as assertions: a breach is our bug, and stops it.

I4 (only the registered accounts of the two parties) needs no assertion here: no event of this
room names an account, so no event can name a stranger's.
"""

from services.disputes.domain.docket import Dispute, Docket, Ending
from services.disputes.domain.endings import parts_to_end
from services.disputes.domain.events import FundsAttributed


def assert_conserved(before: Dispute, after: Dispute) -> None:
    """Assert I0 of both states and I1 from one to the next; what is attributed stays so."""
    assert_sound(before)
    assert_sound(after)
    assert after.amount == before.amount
    assert after.contested_at_opening == before.contested_at_opening
    assert after.buckets.contested <= before.buckets.contested  # I1
    assert after.buckets.payee >= before.buckets.payee
    assert after.buckets.payer >= before.buckets.payer
    assert after.payer_claim <= before.payer_claim
    if before.payee_claim is not None:
        assert after.payee_claim is not None
        assert after.payee_claim <= before.payee_claim
    assert before.ending in (None, after.ending)
    assert after.parts_used >= before.parts_used
    assert after.payee_proposed >= before.payee_proposed


def assert_sound(dispute: Dispute) -> None:
    """Assert what holds of any one state, even in the midst of a message."""
    buckets, rail = dispute.buckets, dispute.rail
    assert min(buckets.contested, buckets.payee, buckets.payer) >= 0
    assert buckets.total == dispute.amount  # I0
    assert buckets.contested <= dispute.contested_at_opening <= dispute.amount
    assert not dispute.is_open or buckets.contested >= rail.minimum
    assert dispute.ending is None or not dispute.is_open
    assert dispute.opened_at < dispute.deadline_at
    assert rail.parts is None or dispute.parts_used <= rail.parts
    assert (dispute.clause.ending == "external") == (dispute.ruling_deadline_at is not None)
    assert dispute.ruling_deadline_at is None or dispute.deadline_at < dispute.ruling_deadline_at
    names = [each.name for each in dispute.proposals]
    assert len(set(names)) == len(names)
    assert sum(each.fate == "accepted" for each in dispute.proposals) <= 1


def assert_at_rest(docket: Docket) -> None:
    """Assert what holds between two messages: claims and buckets agree, and an end is possible."""
    for dispute in docket.disputes:
        assert_sound(dispute)
        assert (dispute.ending is None) == dispute.is_open
        if dispute.ending in (None, Ending.SETTLED):
            assert dispute.buckets.payee == dispute.amount - dispute.payer_claim
            if dispute.payee_claim is not None:
                assert dispute.buckets.payer == dispute.amount - dispute.payee_claim
        if dispute.is_open and dispute.rail.parts is not None:
            assert dispute.parts_used + parts_to_end(dispute) <= dispute.rail.parts


def assert_loser_signed(event: FundsAttributed) -> None:
    """Assert I3: money to one side is given up by the other, and something does move."""
    authorisation = event.authorisation
    assert authorisation.signer is event.to.other
    assert (authorisation.basis == "clause") == (event.cause in ("dispute_default", "ruling"))
    assert (authorisation.clause is None) == (authorisation.basis == "live")
    assert (authorisation.command_id is None) == (authorisation.basis == "clause")
    assert event.amount > 0
    assert event.after == event.before.given(event.to, event.amount)
