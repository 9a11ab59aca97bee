"""What a history has reached, so that a test can tell whether the generator still reaches it."""

from collections import Counter
from typing import Any

from .asked import Asked
from .disputes import Docket
from .model import Case

NAMES = {"dispute.open": "opening", "deadline.extend": "extension", "deadline.advance": "advance",
         "consent.revoke": "revocation", "contract.offer": "offer",
         "proposal.make": "making", "proposal.accept": "acceptance",
         "proposal.withdraw": "withdrawal", "ruling.submit": "ruling"}  # fmt: skip
FALLBACKS = {"to_payee", "to_payer", "ratio"}


def tally(simulator: Any) -> Counter[str]:
    """Count, for one seed, what was said and refused, and which edges were met."""
    seen: Counter[str] = Counter(seeds=1)
    for fault, count in simulator.happened.items():
        seen[fault] += count > 0
    watch = simulator.watch
    for case in watch.contracts.cases.values():
        _count(case, seen)
        for message in watch.contracts.stream.of(case.contract_id):
            _count_event(message.kind, message.data, seen)
    for docket in watch.disputes.dockets.values():
        _count_answers(docket, "claim", seen)
        _count_disputes(docket, seen)
        for message in watch.disputes.stream.of(docket.contract_id):
            _count_decision(message.kind, message.data, seen)
    for service in simulator.world.services.values():
        seen.update(f"letter {row['code']}" for row in service.database["dead_letter"])
    return seen


def _count(case: Case, seen: Counter[str]) -> None:
    seen[f"status {case.status}"] += 1
    _count_answers(case, "", seen)
    for tranche in case.tranches:
        seen["tranche shared by both sides"] += bool(tranche.payee and tranche.payer)
    for event, tranches in case.course:
        if event.data.get("cause") == "arrival":
            arrived = tranches[event.data["parts"][0]["tranche"] - 1]
            seen["arrival at a moved deadline"] += arrived.generation > 1


def _count_answers(asked: Asked, of: str, seen: Counter[str]) -> None:
    for answer in asked.answers.values():
        seen[f"{of} {answer.data.get('code') or 'duplicate'}".strip()] += 1
        seen[f"{of} duplicates".strip()] += answer.kind == "command.duplicated"
    for records in asked.commands.values():
        for record in records:
            if (code := asked.code(record)) is not None and record.kind in NAMES:
                seen[f"{NAMES[record.kind]} {code}"] += 1


def _count_disputes(docket: Docket, seen: Counter[str]) -> None:
    for dispute in docket.disputes.values():
        seen[f"ending {dispute.ending}"] += 1
        seen["disputes answered"] += dispute.claims["payee"] is not None
        external = dispute.rulings_until is not None
        seen["fallback at the bound of a ruling"] += external and dispute.ending in FALLBACKS
        seen["silence before a ruling"] += external and dispute.ending == "silence"
        seen["silence broken by a proposal"] += dispute.payee_proposed and not dispute.is_silent
        seen["disputes of few parts"] += "parts" in dispute.opening.data["rail"]
        seen["disputes of the whole only"] += dispute.opening.data["rail"]["whole_only"]
    seen["several disputes"] += len(docket.disputes) > 1


def _count_decision(kind: str, told: Any, seen: Counter[str]) -> None:
    seen[f"disputes {told['cause']}" if kind == "funds.attributed" else kind] += 1
    if kind == "claim.stated":
        seen[f"claim of the {told['by']}"] += 1
    elif kind == "dispute.ended":
        seen["ending at the very deadline"] += told.get("due_at") == told["judged_at"]


def _count_event(kind: str, told: Any, seen: Counter[str]) -> None:
    seen[kind] += 1
    if kind == "funds.attributed":
        seen[told["cause"]] += 1
        seen["across tranches"] += len(told["parts"]) > 1
        seen["arrival at the very deadline"] += told.get("due_at") == told["judged_at"]
    elif kind == "deadline.moved":
        seen[f"moved by the {told['by']}"] += 1
        seen["moved more than once"] += told["generation"] > 2
    elif kind == "contract.effective":
        seen["excess"] += told.get("excess") is not None
    elif kind == "receipt.returned":
        seen[told["cause"]] += 1
    elif kind in {"offer.lapsed", "contract.declined"}:
        seen[f"{kind} with money"] += bool(told["returns"])
