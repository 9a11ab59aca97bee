"""Wire to timers: which messages carry timers, whose they are, and where their end is announced."""

from typing import Final

from schemas import topics
from schemas.contracts_v1 import Timed
from schemas.registry import MODELS

SOURCES: Final = {
    topics.CONTRACTS_EVENTS.name: "contracts",
    topics.DISPUTES_EVENTS.name: "disputes",
}
"""Topic of timed events -> the source of its timers, as it stands in the table. The end of a
source's timer is announced on that source's topic of commands."""

TIMED: Final = {
    topic: frozenset(
        wire_type for wire_type, model in MODELS[topic].items() if issubclass(model, Timed)
    )
    for topic in SOURCES
}
"""Topic -> the types that carry ``timers``: all of this source that is waiting after them."""
