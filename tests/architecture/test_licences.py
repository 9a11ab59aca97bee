"""Everything the product runs on may be used under Apache-2.0, by its own word."""

import re
from email.message import Message
from importlib.metadata import metadata
from typing import Any

import pytest
from packaging.requirements import Requirement

from .sources import ROOT, text

ALLOWED = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0"}
# What older distributions say instead.
OTHER_WORDS = {
    "Apache 2": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}


def runtime() -> list[str]:
    """The distributions of the runtime lock that this platform installs."""
    lines = re.findall(r"^[a-z].*==.*?(?= \\$)", text(ROOT / "requirements.lock"), re.MULTILINE)
    required = [Requirement(line) for line in lines]
    return [r.name for r in required if r.marker is None or r.marker.evaluate()]


def licences(about: Any) -> set[str]:
    """Every licence that the distribution names, in SPDX's words where we know them."""
    expression = about.get("License-Expression")
    if expression:
        return set(re.split(r" (?:AND|OR) ", expression))
    classified = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    words = {c.rpartition(" :: ")[2] for c in classified} or {about.get("License") or "none"}
    return {OTHER_WORDS.get(word, word) for word in words}


def test_the_lock_is_read_whole() -> None:
    assert {"aiokafka", "asyncpg", "pydantic", "uvloop"} <= set(runtime())


@pytest.mark.parametrize("distribution", runtime())
def test_a_distribution_we_run_on_has_a_licence_we_may_use(distribution: str) -> None:
    assert licences(metadata(distribution)) <= ALLOWED


def test_a_licence_that_asks_for_more_is_seen() -> None:
    about = Message()
    assert not licences(about) <= ALLOWED
    about["License-Expression"] = "GPL-3.0-only OR MIT"
    assert not licences(about) <= ALLOWED
