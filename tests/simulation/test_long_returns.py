"""An ended offer whose event cannot list all that goes back: the rest is said, booked, returned."""

import pytest

from services.contracts.domain import returns

from .simulator import Simulator

FIRST, LAST = 0, 300
"""Seeds; as many of them as it takes to see both endings."""
ENDINGS = {b'"declined"', b'"offer_lapsed"'}


async def test_what_the_ending_does_not_list_goes_back_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(returns, "RETURNS_LISTED_MAX", 0)
    seen: set[bytes] = set()
    for seed in range(FIRST, LAST):
        simulator = Simulator(seed)
        await simulator.run()
        for record in simulator.world.log.history:
            if dict(record.headers)["type"] == b"crps.receipt.returned.v1":
                seen |= {cause for cause in ENDINGS if cause in record.value}
        if seen == ENDINGS:
            return
    pytest.fail(f"of the endings only {seen} were reached")
