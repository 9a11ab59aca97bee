"""Revoked consents, computed once more: whose word, said once, and what the others heard."""

from typing import Any

from . import proofs
from .openings import is_same
from .said import Message, demand


def expect_revocation(case: Any, message: Message) -> None:
    """Demand that a party revokes its own consent, the first time, while there is something."""
    by = message.data["by"]
    demand(case.status not in {"UNKNOWN", "DECLINED", "OFFER_LAPSED"}, f"revoked: {case.status}")
    demand(by not in case.revoked, f"the {by} revokes a second time")
    case.revoked.add(by)


def expect_answers(case: Any) -> None:
    """Demand that every revocation got the answer that the law gives it."""
    revoked: set[str] = set()
    for record in case.records:
        code = case.code(record)
        if record.kind != "consent.revoke" or code == "WRONG_PARTITION" or case.stood is None:
            continue
        is_unanswered = record.place not in case.answers
        given = "applied" if is_unanswered else code or "duplicate"
        allowed = _answers(case, record, revoked)
        demand(given in allowed, f"{record.place}: {given}, the law says {sorted(allowed)}")
        if given == "applied":
            revoked.add(str(case.role(record.data["party"])))
    demand(revoked == case.revoked, f"{revoked} revoked, {case.revoked} was said")


def _answers(case: Any, record: Message, revoked: set[str]) -> set[str]:
    early = {"UNKNOWN_CONTRACT"} if case.offer.order > record.order else set()
    role = case.role(record.data["party"])
    if record.upstream != case.offer.upstream or role is None:
        return early | {"NOT_A_PARTY"}
    if unproven := proofs.why_not(record, case.terms):
        return early | {unproven}
    if first := case.same_id_before(record):
        return {"duplicate" if is_same(first, record) else "IDEMPOTENCY_CONFLICT"}
    on_its_merits = {"NO_CHANGE" if role in revoked else "applied"}
    if case.status not in {"DECLINED", "OFFER_LAPSED"}:
        return early | on_its_merits
    # What came before the end may have been read after it, where reading decides that end.
    before = on_its_merits if case.left_offer.order > record.order else set()
    return early | before | {case.status}
