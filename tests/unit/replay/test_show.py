"""What `crps contract show` says of a dispute, told by the golden samples of its events."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from crps import show
from crps.next_move import next_moves
from crps.sentences import say
from crps.show import View

SAMPLES = Path(__file__).parents[3] / "schemas" / "samples"
STORY = (
    ("contracts", "dispute.opened"),
    ("disputes", "dispute.registered"),
    ("disputes", "claim.stated"),
    ("disputes", "dispute.ended"),
    ("contracts", "tranche.attributed"),
)
OPENED_UNTIL = "2026-01-12T04:00:00.020000Z"


def sample(noun: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"crps.{noun}.v1.json").read_text())
    return event


def told(count: int = len(STORY)) -> View:
    """Return what is shown after the first so many events of the dispute."""
    view = View("a-contract", state="EFFECTIVE", asset="CNY/2")
    free = {"free": "20000", "contested": "0", "payee": "0", "payer": "0"}
    deadline = {"deadline_at": "2026-01-10T04:00:00Z"}
    view.tranches = {
        1: {"amount": "20000", **free, **deadline},
        2: {"amount": "20000", **free, **deadline},
    }
    for service, noun in STORY[:count]:
        show.follow(view, service, sample(noun))
    return view


def test_the_timeline_tells_a_dispute_in_words() -> None:
    opened, registered, stated, ended, attributed = (e["what"] for e in told().timeline)
    assert opened == (
        "tranche 1: the payer claims 60.00 CNY of 200.00 CNY (not_as_described); 140.00 CNY is the"
        f" payee's, 60.00 CNY is contested until {OPENED_UNTIL}"
    )
    assert registered == (f"tranche 1: disputes alone decides about 60.00 CNY until {OPENED_UNTIL}")
    assert stated == "tranche 1: the payee claims 170.00 CNY; 30.00 CNY is still contested"
    assert ended == (
        "tranche 1: the signed ending gave what was contested to the payee; 170.00 CNY is the"
        " payee's, 30.00 CNY the payer's"
    )
    assert attributed == "tranche 1: 170.00 CNY is the payee's, 30.00 CNY the payer's"
    assert [entry["service"] for entry in told().timeline] == [service for service, _ in STORY]


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("settled", "the parties left nothing contested"),
        ("silence", "the payee never answered"),
        ("to_payer", "to the payer;"),
        ("ratio", "the signed ratio split"),
    ],
)
def test_every_ending_has_words(ending: str, said: str) -> None:
    assert said in say(
        "crps.dispute.ended.v1", sample("dispute.ended")["data"] | {"ending": ending}
    )


def test_what_a_statement_gives_up_names_its_cause_and_who_signed() -> None:
    signed = {"signer": "payee", "basis": "live", "command_id": "c-1"}
    moved = {"money": {"amount": "3000", "asset": "CNY/2"}, "to": "payer", "cause": "admission"}
    assert say("crps.funds.attributed.v1", moved | {"authorisation": signed}) == (
        "30.00 CNY to the payer: admission, signed by the payee (live)"
    )
    clause = {"signer": "payer", "basis": "clause", "clause": "dispute.ending"}
    ended = moved | {"to": "payee", "cause": "dispute_default", "authorisation": clause}
    assert say("crps.funds.attributed.v1", ended) == (
        "30.00 CNY to the payee: dispute_default, signed by the payer (clause dispute.ending)"
    )


def test_the_buckets_are_those_of_the_opening() -> None:
    tranche = told(1).tranches[1]
    assert [tranche[name] for name in ("free", "contested", "payee", "payer")] == [
        "0",
        "6000",
        "14000",
        "0",
    ]
    assert told(1).state == "EFFECTIVE"


def test_a_moved_deadline_is_the_one_shown_and_the_timeline_tells_who_moved_it() -> None:
    view = told(0)
    show.follow(view, "contracts", sample("deadline.moved"))
    assert view.timeline[-1]["what"] == (
        "tranche 1: the payee moves the deadline later, from 2026-01-10T04:01:00.000000Z to"
        " 2026-01-12T04:01:00.000000Z"
    )
    assert show._until(view.tranches[1]) == "2026-01-12T04:01:00.000000Z"
    assert view.tranches[2]["deadline_at"] == "2026-01-10T04:00:00Z"
    assert [timer["generation"] for timer in view.timers] == [2, 1]


def test_a_revoked_consent_is_told_and_moves_nothing() -> None:
    view, before = told(0), told(0)
    show.follow(view, "contracts", sample("consent.revoked"))
    assert view.timeline[-1]["what"] == "the payer revokes its consent, for the future"
    assert (view.state, view.tranches, view.timers) == (
        before.state,
        before.tranches,
        before.timers,
    )


def test_what_disputes_decides_moves_the_buckets() -> None:
    view = told(3)
    after = {"free": "0", "contested": "3000", "payee": "14000", "payer": "3000"}
    cut = {"type": "crps.funds.attributed.v1", "time": "2026-01-09T14:00:00.02Z", "sequence": 3}
    signed = {"signer": "payee", "basis": "live"}
    moved = {"money": {"amount": "3000", "asset": "CNY/2"}, "to": "payer", "cause": "admission"}
    parts = [{"tranche": 1, "after": after}]
    data = moved | {"parts": parts, "authorisation": signed, "timers": view.timers}
    show.follow(view, "disputes", cut | {"data": data})
    assert {name: view.tranches[1][name] for name in after} == after


def test_each_service_states_its_own_timers() -> None:
    chain, dispute = told(1).timers, told(2).timers
    assert [timer["timer"] for timer in chain] == ["chain"]
    assert [timer["timer"] for timer in dispute] == ["chain", "dispute"]
    assert told().timers == chain


def test_a_person_reads_until_when_it_is_disputed(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(width=200)
    monkeypatch.setattr(show, "console", console)
    with console.capture() as shown:
        view = told(2)
        view.next_moves = next_moves(view, datetime.fromisoformat("2026-01-09T04:00:00Z"))
        show._print(view)
    text = shown.get()
    assert f"disputed until {OPENED_UNTIL}" in text
    assert f"the payee. If nobody acts: the payee loses what is contested at {OPENED_UNTIL}" in text
    assert "the payer or the payee. If nobody acts: what is free arrives at 2026-01-10" in text
