"""The page of codes names every code there is, by service, in the order of precedence."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from schemas.refusals import Code, is_stored, rank
from schemas.values import MoneyFlaw
from services.contracts.errors import REMEDY as CONTRACTS
from services.disputes.errors import REMEDY as DISPUTES
from services.ledger import errors as ledger

_PAGE = Path("docs/reference/refusals.md").read_text("utf-8")
_CODE = re.compile(r"\bCode\.([A-Z_]+)")
_CHASSIS = {Code.MALFORMED, Code.WRONG_PARTITION} | {
    Code(named) for named in _CODE.findall(Path("services/chassis/answers.py").read_text("utf-8"))
}
"""Given by the chassis on behalf of every service that takes commands."""

REMEDIES = pytest.mark.parametrize(
    ("service", "remedies"), [("contracts", CONTRACTS), ("disputes", DISPUTES)]
)


@REMEDIES
def test_a_remedy_stands_for_each_code_that_the_service_gives_and_no_other(
    service: str, remedies: Mapping[Code, str]
) -> None:
    sources = [path.read_text("utf-8") for path in Path("services", service).rglob("*.py")
               if path.name != "errors.py"]  # fmt: skip
    named = {Code(n) for source in sources for n in _CODE.findall(source)}
    assert set(remedies) == named | _CHASSIS | {Code(flaw) for flaw in MoneyFlaw}
    assert list(remedies) == sorted(remedies, key=rank)


def test_every_code_is_given_by_somebody() -> None:
    assert set(CONTRACTS) | set(DISPUTES) == set(Code)


@REMEDIES
def test_every_refusal_stands_in_order_with_its_remedy(
    service: str, remedies: Mapping[Code, str]
) -> None:
    (section,) = re.findall(rf"^## By {service}\n(.*?)(?=^#)", _PAGE, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `([A-Z_]+)` \| (used|free) \| (.+) \|$", section, re.MULTILINE)
    assert rows == [
        (code.value, "used" if is_stored(code) else "free", remedy)
        for code, remedy in remedies.items()
    ]


def test_every_dead_letter_code_is_explained() -> None:
    intake = Path("services/chassis/intake.py").read_text("utf-8")
    raised = set(re.findall(r'_Bad\(\s*"([A-Z_]+)"', intake))
    assert raised
    for code in [*raised, *ledger.Code]:
        assert f"`{code}`" in _PAGE
