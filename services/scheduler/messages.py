"""Wire to timers: which messages carry timers, whose they are, and where their end is announced."""

from typing import Final

from schemas import topics
from schemas.contracts_v1 import Timed
from schemas.registry import MODELS

SOURCES: Final = {topics.CONTRACTS_EVENTS.name: "contracts"}
"""Topic of timed events -> the source of its timers, as it stands in the table."""

TIMED: Final = frozenset(
    wire_type
    for topic in SOURCES
    for wire_type, model in MODELS[topic].items()
    if issubclass(model, Timed)
)
"""The types that carry ``timers``: all that is waiting after them."""
