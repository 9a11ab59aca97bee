import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from crps.audit.history import AuditResult
from crps.replay.driver import Played, Turned
from crps.replay.report import Circumstances, Report, build_report
from crps.replay.report_tables import print_report
from crps.replay.schedule import DAY_MS
from tests.unit.replay.played import (
    CONTRACT,
    DEADLINE,
    EFFECTIVE,
    MS,
    OK,
    OPENED,
    START,
    audited,
    disputed_history,
    instruction,
    make_deal,
    make_dispute,
    make_history,
    make_plan,
    quarrel,
    release,
)

RUN = Circumstances(
    orders=2, orders_without_contracts=1, upstream="olist-test", scale_ms=100, duration_s=1.25
)
DEAL = make_deal(make_plan(release(5)), EFFECTIVE + 500 * MS)
PLAYED = Played((DEAL,), (), ())


def report(
    played: Played = PLAYED, result: AuditResult | None = None, run: Circumstances = RUN
) -> Report:
    return build_report(played, result or audited(make_history()), run)


def test_a_good_replay_does_not_fail() -> None:
    good = report()
    assert not good.failed
    assert good.outcomes == {"arrived": 0, "released": 1, "returned": 0, "disputed": 0, "lapsed": 0}
    assert good.compared == {"comparable": 1, "near": 0, "displaced": 0}
    assert good.acts == {"applied": 1, "refused": 0, "near_deadline": 0}
    assert good.instructions == {"settle": 1, "return": 0, "confirmed": 1}


def test_the_json_has_the_agreed_fields(tmp_path: Path) -> None:
    file = tmp_path / "reports" / "demo.json"
    report().write(file)
    written = json.loads(file.read_text())
    assert written["orders"] == 2
    assert written["contracts"] == 1
    assert written["money"] == {
        "BRL/2": {"funded": 1000, "settled": 1000, "returned": 0, "open": 0}
    }
    assert written["expected_money"] == written["money"]
    clock = (written["time_scale_ms"], written["simulated_days"], written["clock_moves"])
    assert clock == (100, None, None)
    assert written["latency_ms"] == {"p50": 40.0, "p99": 40.0, "max": 40.0}
    assert written["lateness_ms"] == {"p50": None, "p99": None, "max": None}
    assert written["invariants"] == OK
    assert (written["violations"], written["duration_s"]) == (0, 1.2)
    assert written["disputes"] == {"opened": 0, "answered": 0, "silent": 0, "conceded": 0}
    assert (written["undisputed_share"], written["half_life_days"]) == ({}, None)
    assert written["half_life_ms"] == {"p50": None, "p99": None, "max": None}


def test_an_act_near_the_deadline_is_counted_apart() -> None:
    deal = make_deal(make_plan(release(5)), DEADLINE - 100 * MS)
    assert report(replace(PLAYED, deals=(deal,))).acts == {
        "applied": 0,
        "refused": 0,
        "near_deadline": 1,
    }


def test_on_a_virtual_clock_no_act_is_near_a_deadline_and_no_service_is_late() -> None:
    deal = make_deal(make_plan(release(5)), DEADLINE - MS)
    turned = replace(PLAYED, deals=(deal,), clock=Turned(timedelta(days=30, hours=12), 7))
    good = report(turned, run=replace(RUN, scale_ms=DAY_MS))
    assert good.acts == {"applied": 1, "refused": 0, "near_deadline": 0}
    assert good.compared == {"comparable": 1, "near": 0, "displaced": 0}
    assert (good.time_scale_ms, good.simulated_days, good.clock_moves) == (None, 30.5, 7)
    assert good.latency_ms.p50 is None
    text = printed(good)
    assert "30.5" in text
    assert "moves of the clock" in text
    assert "command to instruction" not in text


def disputed_report() -> Report:
    """Report on a contract whose payee answered at once and kept 700 of 1000."""
    opening, answer = OPENED - 3 * MS, OPENED + 50 * MS
    deal = make_deal(make_plan(dispute=quarrel()), opening, answer)
    paid = (instruction(1, 700, START), instruction(2, 300, START, "return"))
    history = disputed_history(make_dispute(kept=700), instructions=paid)
    return report(replace(PLAYED, deals=(deal,)), audited(history))


def test_a_dispute_is_counted_with_what_settled_by_itself() -> None:
    good = disputed_report()
    assert not good.failed
    assert (good.outcomes["disputed"], good.expected_outcomes["disputed"]) == (1, 1)
    assert good.acts == {"applied": 2, "refused": 0, "near_deadline": 0}
    assert good.disputes == {"opened": 1, "answered": 1, "silent": 0, "conceded": 1}
    assert good.undisputed_share == {"BRL/2": 0.7}
    assert (good.half_life_ms.p50, good.half_life_days) == (120.0, 1.2)


def test_an_answer_near_the_dispute_deadline_is_counted_apart() -> None:
    deal = make_deal(make_plan(dispute=quarrel()), OPENED - 3 * MS, OPENED + 100 * MS)
    history = disputed_history(make_dispute(kept=700))
    counted = report(replace(PLAYED, deals=(deal,)), audited(history)).acts
    assert counted == {"applied": 1, "refused": 0, "near_deadline": 1}


def test_a_dispute_that_gave_the_wrong_amounts_fails_the_replay() -> None:
    deal = make_deal(make_plan(dispute=quarrel()), OPENED - 3 * MS, OPENED + 50 * MS)
    failed = report(
        replace(PLAYED, deals=(deal,)), audited(disputed_history(make_dispute(kept=800)))
    )
    assert "by its append times 700 to the payee and 300 to the payer" in " ".join(
        failed.violations_listed
    )


def test_a_refused_opening_is_counted_by_its_code() -> None:
    deal = make_deal(make_plan(dispute=quarrel(15)), DEADLINE + 500 * MS, answer="refused")
    deal.commands[0].code = "CHAIN_PERIOD_ENDED"
    late = report(replace(PLAYED, deals=(deal,)), audited(make_history()))
    assert late.refusals == {"CHAIN_PERIOD_ENDED": 1}
    assert late.acts["refused"] == 1


def test_whatever_the_auditor_finds_fails_the_replay() -> None:
    found = audited(make_history(), violations=("I3: nobody signed",))
    assert report(result=found).violations_listed == ("I3: nobody signed",)
    assert report(result=found).failed


def test_a_broken_invariant_counts_even_without_a_sentence_of_its_own() -> None:
    broken = audited(make_history(), invariants=OK | {"I4": "a stranger was paid"})
    assert report(result=broken).violations_listed == ("I4: a stranger was paid",)


def test_money_that_does_not_add_up_fails_the_replay() -> None:
    # More was confirmed than was ever attributed: paid twice, in another contract's favour.
    twice = (instruction(1, 1000, START), instruction(2, 1000, START, "return", receipt="r9"))
    failed = report(result=audited(make_history(instructions=twice, free=5)))
    assert failed.failed
    assert "is not" in failed.violations_listed[0]


def test_an_outcome_against_the_law_fails_the_replay() -> None:
    deal = make_deal(make_plan(release(5)), DEADLINE + 500 * MS)
    history = make_history()
    command = replace(history.attributions[0], command_appended_at=None)
    failed = report(
        replace(PLAYED, deals=(deal,)), audited(replace(history, attributions=(command,)))
    )
    assert failed.violations == 1


def test_a_contract_that_the_auditor_never_found_is_a_violation() -> None:
    missing = report(result=audited())
    assert missing.violations == 1
    assert "not in the audit" in missing.violations_listed[0]


def test_lost_unfinished_refused_and_left_over_all_fail() -> None:
    assert report(replace(PLAYED, lost=(CONTRACT,))).failed
    assert report(replace(PLAYED, unfinished=(CONTRACT,))).unfinished == (str(CONTRACT),)
    assert report(replace(PLAYED, unfinished=(CONTRACT,))).failed
    refused = make_deal(make_plan(), appeared=False, refusal="TERMS_MISMATCH", ending="REFUSED")
    assert report(replace(PLAYED, deals=(refused,)), audited()).failed
    assert report(run=replace(RUN, leftover="3 records unread")).violations == 1


def test_what_ended_for_the_driver_must_have_ended_for_the_auditor() -> None:
    open_history = make_history(status="ATTRIBUTED")
    assert report(result=audited(open_history)).unfinished == (str(CONTRACT),)


def printed(one: Report) -> str:
    text = io.StringIO()
    print_report(Console(file=text, width=120), one)
    return text.getvalue()


def test_a_person_reads_the_verdict_at_the_end() -> None:
    assert printed(report()).rstrip().endswith("violations: 0")
    bad = report(result=audited(make_history(), violations=("I2: [F] rose",)))
    assert "I2: [F] rose" in printed(bad)
    assert "Failed: 1 violations" in printed(bad)


def test_a_person_reads_what_became_of_the_disputes() -> None:
    shown = printed(disputed_report())
    assert "BRL/2 settled by the parties themselves" in shown
    assert "70.0%" in shown
    assert "120 / 120 / 120" in shown
    assert "opening to half of it settled" not in printed(report())
