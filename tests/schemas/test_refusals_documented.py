"""The page of codes names every code there is, in the order in which they are refused."""

import re
from pathlib import Path

from services.contracts.errors import REMEDY, Code, is_stored
from services.ledger import errors as ledger

_PAGE = Path("docs/reference/refusals.md").read_text("utf-8")


def test_every_refusal_stands_in_order_with_its_remedy() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (used|free) \| (.+) \|$", _PAGE, re.MULTILINE)
    assert rows == [
        (code.value, "used" if is_stored(code) else "free", REMEDY[code]) for code in Code
    ]


def test_every_dead_letter_code_is_explained() -> None:
    intake = Path("services/chassis/intake.py").read_text("utf-8")
    raised = set(re.findall(r'_Bad\(\s*"([A-Z_]+)"', intake))
    assert raised
    for code in [*raised, *ledger.Code]:
        assert f"`{code}`" in _PAGE
