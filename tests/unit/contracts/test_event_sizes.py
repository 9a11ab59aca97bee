"""The longest events that terms and receipts can bring about fit a record."""

from datetime import date, timedelta

import pytest

from schemas.envelope import MAX_RECORD_BYTES
from services.contracts.domain.calendars import Calendar
from services.contracts.domain.returns import RETURNS_LISTED_MAX
from services.contracts.messages.incoming import TRANCHES_MAX
from tests.unit.contracts.wire import Bench, terms


@pytest.fixture
def bench():
    return Bench()


def test_the_largest_contract_fits_its_events(bench, monkeypatch):
    share = str(10**18 // TRANCHES_MAX - 1)
    document = terms(*[(share, 1)] * TRANCHES_MAX)
    first = date(2026, 1, 5)
    every = frozenset(first + timedelta(days=n) for n in range(36_700))
    calendar = Calendar("ABCDEFGHIJKL", "v" * 24, first, max(every), frozenset(), every)
    monkeypatch.setattr(bench.SERVICE, "_calendars", {calendar.id: calendar})
    for number, tranche in enumerate(document["tranches"]):
        tranche["name"] = f"tranche_{number:03}".ljust(40, "x")
        tranche["period"] = {
            "unit": "business_days",
            "days": 36_600,
            "zone": "America/Argentina/ComodRivadavia",
            "cutoff": "17:00",
            "calendar": calendar.id,
        }
    bench.order(document, order_id="o" * 128)
    bench.fund(str(int(share) * TRANCHES_MAX), receipt="r" * 128)
    assert bench.said[-1].wire_type == "crps.contract.effective.v1"
    bench.wait(1).release("ALL", message_id="c" * 128)
    assert bench.said[-1].wire_type == "crps.funds.attributed.v1"
    # Where clocks change every deadline could also have met a gap or a fold.
    met = TRANCHES_MAX * len(',"met":"fold"')
    assert max(len(each.value) for each in bench.said) + met < MAX_RECORD_BYTES


def test_a_decline_fits_its_events_however_many_receipts_go_back(bench):
    share = str(10**18 // TRANCHES_MAX - 1)
    bench.order(terms(*[(share, 1)] * TRANCHES_MAX))
    longest = [f"{number:04}".ljust(128, "x") for number in range(RETURNS_LISTED_MAX + 2)]
    for receipt in longest:
        bench.fund(str(10**15), receipt=receipt)
    before = len(bench.said)
    bench.command("contract.decline", {"party": "party-payee-3"})
    declined, *rest = (m for m in bench.said[before:] if m.wire_type != "crps.command.applied.v1")
    assert declined.wire_type == "crps.contract.declined.v1"
    assert [m.wire_type for m in rest] == ["crps.receipt.returned.v1"] * 2
    assert len(declined.value) < MAX_RECORD_BYTES
