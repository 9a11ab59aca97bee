"""What `crps dispute show` makes of a dispute's events."""

import json
from pathlib import Path
from typing import Any

import pytest

from crps import dispute
from crps.dispute import DisputeView, follow_all

SAMPLES = Path("schemas/samples")


def sample(noun: str, **changes: Any) -> tuple[str, dict[str, Any]]:
    event = json.loads((SAMPLES / f"crps.{noun}.v1.json").read_text())
    event["data"] |= changes
    return "contracts" if noun == "dispute.opened" else "disputes", event


def told(*events: tuple[str, dict[str, Any]]) -> DisputeView:
    (view,) = follow_all([sample("dispute.opened"), *events]).values()
    return view


def test_proposals_are_shown_with_what_became_of_them() -> None:
    view = told(
        sample("proposal.made"),
        sample("proposal.made", proposal="first-try"),
        sample("proposal.made", proposal="two-thirds"),
        sample("proposal.made", proposal="all-of-it"),
        sample("proposal.withdrawn"),
        sample("proposal.accepted"),
        sample("proposal.voided"),
    )
    assert {name: each["state"] for name, each in view.proposals.items()} == {
        "meet-halfway": "accepted",
        "first-try": "withdrawn",
        "two-thirds": "void",
        "all-of-it": "void",
    }


def test_the_outlook_says_who_moves_next_and_what_the_clock_does() -> None:
    silent = told()
    assert "loses what is contested" in silent.outlook
    answered = told(sample("claim.stated"))
    assert answered.outlook.endswith(
        "What is still contested at 2026-01-12T04:00:00.020000Z goes to the payee."
    )
    assert "loses" not in told(sample("proposal.made")).outlook
    assert told(sample("dispute.ended", ending="ruling")).outlook == "ended: ruling"


def test_under_an_external_ending_the_outlook_names_the_adjudicator_and_its_bound() -> None:
    clause = {"silence_rule": False, "ending": "external", "fallback": "to_payer",
              "odd_unit": "payee"}  # fmt: skip
    bound = "2026-01-14T04:00:00.000000Z"
    opened = sample("dispute.opened", clause=clause, ruling_deadline_at=bound, adjudicator="judy")
    (view,) = follow_all([opened]).values()
    assert f"judy may rule until {bound}." in view.outlook
    assert view.outlook.endswith(f"contested at {bound} goes to the payer.")


def test_evidence_is_shown_by_its_digest_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispute.console, "width", 300)
        dispute._print(told(sample("proposal.made"), sample("ruling.made")))
    shown = capsys.readouterr().out
    assert "evidence 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" in shown
    assert "adjudicator-2 rules that the payee ends with 155.00 CNY" in shown
    assert "the payee proposes meet-halfway" in shown
