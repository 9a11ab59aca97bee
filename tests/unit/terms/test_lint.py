"""``crps terms lint``: what the law would refuse, exit codes, and what a person is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from crps.cli import app
from crps.terms.rules import RULES
from schemas.refusals import Code

from .drafts import HOUR_MS, business_days, draft, named, tranches

REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"rail__margin_hours": None}, [("MALFORMED", "rail.margin_hours")]),
    ({"holiday": True}, [("MALFORMED", "holiday")]),
    ({"payee__party": "payer-1"}, [("SAME_PARTY", "payee.party")]),
    ({"tranches": named("a", "a")}, [("MALFORMED", "tranches")]),
    ({"tranches": tranches(*[(1, HOUR_MS)] * 101)}, [("MALFORMED", "tranches")]),
    ({"asset": "XQZ/2"}, [("CURRENCY_UNKNOWN", "asset")]),
    ({"asset": "JPY/2"}, [("EXPONENT_WRONG", "asset")]),
    ({"tranches": tranches((0, 1))}, [("AMOUNT_INVALID", "tranches[0].amount")]),
    ({"dispute__period_ms": 0}, [("PERIOD_INVALID", "dispute.period_ms")]),
    ({"rail__name": "nowhere"}, [("RAIL_CANNOT_HONOUR", "rail.name")]),
    ({"tranches": business_days("ZZ")}, [("CALENDAR_NOT_PUBLISHED", "tranches[0].period")]),
    ({"rail__currencies": ["EUR"]}, [("RAIL_CANNOT_HONOUR", "rail.currencies")]),
    ({"rail__max_hold_hours": 1}, [("RAIL_CANNOT_HONOUR", "rail.max_hold_hours")]),
    ({"asset": "JPY/2", "caps__extend_ms": 0},
     [("EXPONENT_WRONG", "asset"), ("PERIOD_INVALID", "caps.extend_ms")]),
    ({"rail__name": "nowhere", "rail__max_hold_hours": 1},
     [("RAIL_CANNOT_HONOUR", "rail.name"), ("RAIL_CANNOT_HONOUR", "rail.max_hold_hours")]),
]  # fmt: skip


def told(terms: dict[str, Any] | str, *options: str) -> Any:
    text = terms if isinstance(terms, str) else json.dumps(terms)
    return CliRunner().invoke(app, ["terms", "lint", "-", *options], input=text)


@pytest.mark.parametrize(("changes", "expected"), REFUSED)
def test_what_would_be_refused_is_said_with_its_code_and_clause(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    ended = told(draft(**changes), "--json")
    assert ended.exit_code == 1
    findings = json.loads(ended.stdout)["findings"]
    refused = [(f["name"], f["clause"]) for f in findings if f["severity"] == "refused"]
    assert refused == expected
    assert [f["name"] for f in findings[: len(refused)]] == [code for code, _ in refused]


def test_what_the_rail_cannot_do_leaves_the_other_findings_to_be_said() -> None:
    findings = json.loads(told(draft(rail__name="nowhere", caps=None), "--json").stdout)["findings"]
    assert {"RAIL_CANNOT_HONOUR", "extension-not-offered"} <= {f["name"] for f in findings}


def test_warnings_alone_end_with_code_0() -> None:
    ended = told(draft(budget__acts=1), "--json")
    assert ended.exit_code == 0
    said = json.loads(ended.stdout)
    assert said["refused"] is False
    assert "one-act" in {finding["name"] for finding in said["findings"]}
    assert set(said["findings"][0]) == {"severity", "name", "clause", "what", "instead"}


def test_a_person_reads_a_table() -> None:
    ended = told(draft(budget__acts=1))
    assert ended.exit_code == 0
    assert "one-act" in ended.stdout
    assert "write instead" in ended.stdout


def test_yaml_of_the_same_shape_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "terms.yaml"
    file.write_text(yaml.safe_dump(draft(budget__acts=1)), "utf-8")
    ended = CliRunner().invoke(app, ["terms", "lint", str(file), "--json"])
    assert ended.stdout == told(draft(budget__acts=1), "--json").stdout


UNREADABLE = {
    "": "terms are a mapping",
    "- a list": "terms are a mapping",
    "{": "Expecting property name",
    '{"version": 1, "version": 1}': "stands twice",
    '{"version": NaN}': "NaN is not JSON",
    "version: 1\nversion: 1": "the key version stands twice",
    "a: [": "expected the node content",
    "a: 2026-13-45": "month must be in 1..12",
    "version: 2026-01-05": "date is not JSON",
    "a: !!binary aGk=": "bytes is not JSON",
    "a: &a [*a]": "Circular reference",
    "a: .nan": "NaN is not JSON",
    "[" * 5000: "nested too deeply",
    '{"a":' * 100_000: "nested too deeply",
}


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_is_no_document_ends_with_code_2_in_one_line(text: str) -> None:
    ended = told(text)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("TERMS_UNREADABLE: -: ")
    assert UNREADABLE[text] in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_file_that_is_not_there_ends_with_code_2(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["terms", "lint", str(tmp_path / "none.json")])
    assert ended.exit_code == 2
    assert ended.stderr.startswith("TERMS_UNREADABLE: ")


@pytest.mark.parametrize(
    "text", ["no: 1\n", "1: 2\n", "version: one\n", "version: 99999999999999999999\n"]
)
def test_what_yaml_can_say_and_terms_cannot_is_malformed(text: str) -> None:
    ended = told(text, "--json")
    assert ended.exit_code == 1
    assert [f["name"] for f in json.loads(ended.stdout)["findings"]] == ["MALFORMED"]


def test_no_rule_has_the_name_of_a_refusal() -> None:
    assert not {rule.name for rule in RULES} & {code.value for code in Code}


def test_the_sample_that_people_begin_with_is_sound() -> None:
    ended = CliRunner().invoke(app, ["terms", "lint", "samples/terms/sale.yaml", "--json"])
    assert ended.exit_code == 0
    names = [finding["name"] for finding in json.loads(ended.stdout)["findings"]]
    assert names == ["upstreams-word"]
