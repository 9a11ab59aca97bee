"""`crps adjudicator rule`: what a file says becomes signed records, or is told to be none."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from joserfc.jwk import OKPKey
from typer.testing import CliRunner

from crps.adjudicator import InvalidRulingsError, Ruling, read_rulings
from crps.cli import app
from crps.proofs import public_key
from crps.stack.upstream import Upstream
from schemas.registry import ADAPTERS
from schemas.values import Money
from services.chassis.proofs import read_proof

CONTRACT = UUID("6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e")
KEY = OKPKey.derive_key("the adjudicator's key")
UPSTREAM = Upstream("shop-1", "the shop's key")
LINE = {"contract": str(CONTRACT), "payee_total": {"amount": "15500", "asset": "CNY/2"}}


def written(folder: Path, *lines: object) -> Path:
    file = folder / "rulings.yaml"
    file.write_text(json.dumps(lines))
    return file


def test_a_ruling_is_a_record_that_the_adjudicator_signed(tmp_path: Path) -> None:
    (ruling,) = read_rulings(written(tmp_path, LINE | {"tranche": "second"}))
    record = ruling.record("judge-1", KEY, UPSTREAM, "sandbox")
    told = ADAPTERS[record.topic, "crps.ruling.submit.v1"].validate_json(record.value)
    assert (told.subject, told.data.party, told.data.tranche) == (CONTRACT, "judge-1", "second")
    assert told.data.payee_total == Money(15_500, "CNY/2")
    proof = read_proof(tuple(record.headers), record.value, "sandbox")
    assert proof is not None
    assert proof(public_key(KEY))
    elsewhere = read_proof(tuple(record.headers), record.value, "production")
    assert elsewhere is not None
    assert not elsewhere(public_key(KEY))


def test_the_id_follows_from_what_is_ruled() -> None:
    def id_of(**changes: object) -> str:
        ruling = Ruling.model_validate(LINE | changes)
        return ruling.record("judge-1", KEY, UPSTREAM, "sandbox").id

    assert id_of() == id_of()
    other = {"payee_total": {"amount": "1", "asset": "CNY/2"}}
    assert len({id_of(), id_of(tranche=1), id_of(tranche=2), id_of(**other)}) == 4
    assert id_of(id="mine") == "mine"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "a list of rulings is expected"),
        ([{"contract": "x"}], "contract"),
        ([LINE | {"payee_total": "15500"}], "payee_total"),
        ([LINE | {"to": "me"}], "to"),
        ([LINE | {"tranche": 0}], "tranche"),
    ],
)
def test_what_is_no_ruling_is_named_in_a_line(
    tmp_path: Path, lines: list[object], why: str
) -> None:
    with pytest.raises(InvalidRulingsError, match=why):
        read_rulings(written(tmp_path, *lines))


def test_a_file_that_is_none_ends_the_command_with_a_code(tmp_path: Path) -> None:
    for file in (tmp_path / "missing.yaml", written(tmp_path, "ruling")):
        arguments = ["adjudicator", "rule", str(file), "--party", "judge-1", "--key", "none"]
        done = CliRunner().invoke(app, [*arguments, "--upstream", "shop", "--upstream-key", "key"])
        assert done.exit_code == 2
        assert "RULINGS_INVALID" in done.output
