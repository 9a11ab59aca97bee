"""The sample of a bank connector: its reports are of the published shapes and never change."""

import json
from pathlib import Path
from typing import Any

import pytest

from samples.connector.connector import RAIL, envelope, reports
from schemas import topics
from schemas.registry import ADAPTERS

SAMPLES = Path("schemas/samples")
BANK = topics.bank_events(RAIL).name
OURS = {"debtor_account": "example-payer-1"}


def told(wire_type: str, **changes: Any) -> dict[str, Any]:
    """A message to the bank, as its golden sample has it but for some of its data."""
    message: dict[str, Any] = json.loads((SAMPLES / f"{wire_type}.json").read_text("utf-8"))
    return {**message, "data": {**message["data"], **changes}}


@pytest.mark.parametrize(
    ("wire_type", "said"),
    [
        ("crps.funding.requested.v1", ["crps.funds.received.v1"]),
        (
            "crps.settlement.instructed.v1",
            ["crps.instruction.accepted.v1", "crps.instruction.arrived.v1"],
        ),
        (
            "crps.return.instructed.v1",
            ["crps.instruction.accepted.v1", "crps.instruction.arrived.v1"],
        ),
    ],
)
def test_it_reports_what_was_done_and_the_same_again(wire_type: str, said: list[str]) -> None:
    message = told(wire_type, **OURS)
    values = [envelope(report, message, 1_767_585_720_000) for report in reports(message)]
    assert values == [envelope(report, message, 1_767_585_720_000) for report in reports(message)]
    assert [json.loads(value)["type"] for value in values] == said
    for value, report_type in zip(values, said, strict=True):
        report = ADAPTERS[BANK, report_type].validate_json(value)
        assert str(report.subject) == message["subject"]
        assert report.data.money.minor == int(message["data"]["money"]["amount"])


def test_two_attempts_are_two_reports() -> None:
    first, second = (told("crps.settlement.instructed.v1", **OURS, attempt=n) for n in (1, 2))
    assert {id_ for _, id_, _ in reports(first)}.isdisjoint(id_ for _, id_, _ in reports(second))


@pytest.mark.parametrize(
    "message",
    [
        told("crps.funding.requested.v1"),
        told("crps.settlement.instructed.v1"),
        told("crps.funding.refused.v1"),
        told("crps.funding.cancelled.v1"),
    ],
    ids=lambda message: message["type"],
)
def test_it_is_silent_about_others_customers_and_about_what_it_only_notes(
    message: dict[str, Any],
) -> None:
    assert list(reports(message)) == []
