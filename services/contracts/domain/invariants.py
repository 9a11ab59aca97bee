"""The invariants of SPEC section 2 as assertions: a breach is a bug of ours and stops the contract.

I4 (only the registered accounts of the two parties) needs no assertion here: no event of this
room names an account, so no event can name a stranger's.
"""

from services.contracts.domain.contract import FUNDED, ON_OFFER, Contract, Role, Status, Tranche
from services.contracts.domain.events import DeadlineMoved, FundsAttributed


def assert_conserved(before: Contract | None, after: Contract) -> None:
    """Assert I0 of both states, and I1 and I2 from one to the next."""
    if before is not None:
        assert_sound(before)
        for earlier, later in zip(before.tranches, after.tranches, strict=True):
            _assert_one_way(earlier, later)
    assert_sound(after)


def assert_sound(contract: Contract) -> None:
    """Assert what holds of any one state."""
    for tranche in contract.tranches:
        _assert_buckets(contract, tranche)
    free, contested = contract.buckets.free, contract.buckets.contested
    assert (contract.effective_at is not None) == (contract.status in FUNDED)
    if contract.status in FUNDED:
        assert (free + contested == 0) == (contract.status is not Status.EFFECTIVE)
    assert not contract.receipts or contract.status in ON_OFFER
    if (bound := contract.clauses.rail.max_parts) is not None:
        # One part must be left for each tranche that is still open; a dispute was granted its own.
        still_open = sum(1 for tranche in contract.tranches if tranche.buckets.free)
        assert contract.parts + still_open <= bound


def assert_loser_signed(event: FundsAttributed) -> None:
    """Assert I3: money to one side is given up by the other, and something does move."""
    assert event.authorisation.signer is (Role.PAYER if event.to is Role.PAYEE else Role.PAYEE)
    assert (event.authorisation.basis == "clause") == (event.cause == "arrival")
    for part in event.parts:
        assert part.amount > 0
        gained = part.after.payee - part.before.payee, part.after.payer - part.before.payer
        assert gained == ((part.amount, 0) if event.to is Role.PAYEE else (0, part.amount))


def assert_loser_moved(event: DeadlineMoved) -> None:
    """Assert I3: only the payee gives time, only the payer gives it up, and never into the past."""
    assert event.by is (Role.PAYEE if event.after > event.before else Role.PAYER)
    assert event.after != event.before
    assert event.judged_at < min(event.before, event.after)


def _assert_buckets(contract: Contract, tranche: Tranche) -> None:
    buckets = tranche.buckets
    assert min(buckets.free, buckets.contested, buckets.payee, buckets.payer) >= 0
    assert 0 <= tranche.arrived <= buckets.payee
    if tranche.opening is not None:
        assert buckets.free == 0
        assert tranche.opening.payee <= buckets.payee
        assert tranche.opening.payer <= buckets.payer
    else:
        assert buckets.contested == 0
    assert buckets.total == (tranche.amount if contract.status in FUNDED else 0)  # I0
    assert (tranche.deadline_at is not None) == (contract.status in FUNDED)


def _assert_one_way(before: Tranche, after: Tranche) -> None:
    assert after.amount == before.amount
    assert after.buckets.payee >= before.buckets.payee
    assert after.buckets.payer >= before.buckets.payer
    if before.deadline_at is not None:
        assert after.buckets.free <= before.buckets.free  # I2
        # Without a new generation a due message of the old deadline would count.
        assert after.deadline_at == before.deadline_at or after.generation == before.generation + 1
        # I1: only the one opening, which empties the free bucket, may raise what is contested.
        if after.buckets.contested > before.buckets.contested:
            assert (before.opening, before.buckets.contested) == (None, 0)
            assert after.opening is not None
            assert after.buckets.contested == before.buckets.free
    assert before.opening in (None, after.opening)
