"""The page about terms names every finding, how bad it is, and what to write instead."""

import re

from crps.terms.rules import RULES
from tests.unit.docs.pages import ROOT

PAGE = (ROOT / "docs/how-to/write-terms.md").read_text("utf-8")


def test_every_finding_has_its_line() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| .+ \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(rule.name, rule.severity.value, rule.instead) for rule in RULES]
