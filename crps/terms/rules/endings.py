"""Rules about how a dispute ends if its parties find no end."""

from collections.abc import Iterator
from typing import Final

from crps.terms.rules.rule import Draft, Found, Severity, length, rule
from services.disputes.domain.docket import Role
from services.disputes.domain.endings import split

_WHOLE_BP: Final = 10_000


@rule(Severity.WARNING, 'Write a ratio, such as {"ratio_to_payee_bp": 5000}.')
def ending_one_sided(draft: Draft) -> Iterator[Found]:
    """Find that one side only has to wait."""
    winner = _winner(draft)
    clause = f"dispute.{'fallback' if draft.claimed.dispute.fallback else 'ending'}"
    if winner == "payee":
        yield Found(
            clause,
            "What is still contested at the end goes wholly to the payee: it need not concede"
            " anything, and the payer gains nothing by disputing.",
        )
    elif winner == "payer":
        yield Found(
            clause,
            "What is still contested at the end goes wholly to the payer: to dispute everything and"
            " wait costs it nothing, and the payee loses all.",
        )


@rule(Severity.WARNING, "Write silence_rule: true.")
def silence_rule_off(draft: Draft) -> Iterator[Found]:
    """Find that a payee need not answer."""
    if not draft.claimed.dispute.silence_rule:
        share = {"payer": "and loses it anyway", "payee": "and gets all of it"}.get(
            _winner(draft) or "", "and gets its share of it"
        )
        yield Found(
            "dispute.silence_rule",
            f"A payee that never answers keeps the payer waiting until the end, {share}.",
        )


@rule(Severity.WARNING, "Name dispute.adjudicator, or let the dispute end with a ratio.")
def nobody_rules(draft: Draft) -> Iterator[Found]:
    """Find a wait for a ruling that cannot come."""
    dispute = draft.terms.dispute
    if dispute.ruling_ms is not None and dispute.adjudicator is None:
        yield Found(
            "dispute.adjudicator",
            f"Nobody may rule, so that what is contested waits {length(dispute.ruling_ms)} longer"
            " for nothing, and then goes by the fallback.",
        )


@rule(Severity.NOTICE, "Write ending: external with ruling_ms and fallback, or leave it out.")
def adjudicator_idle(draft: Draft) -> Iterator[Found]:
    """Find an adjudicator that the ending gives nothing to do."""
    dispute = draft.terms.dispute
    if dispute.adjudicator is not None and dispute.ending != "external":
        yield Found(
            "dispute.adjudicator",
            f"{dispute.adjudicator.party} may not rule: that is for the ending external.",
        )


@rule(Severity.WARNING, "Choose a ratio whose shares the rail can move, or a larger tranche.")
def ratio_below_minimum(draft: Draft) -> Iterator[Found]:
    """Find shares that the rail cannot pay, so that the other side gets them."""
    ratio_bp = draft.claimed.dispute.ratio_bp
    if ratio_bp is None or not 0 < ratio_bp < _WHOLE_BP:
        return
    for index, tranche in enumerate(draft.claimed.tranches):
        amount = int(tranche.amount)
        shares = split(amount, ratio_bp, Role(draft.terms.odd_unit), draft.minimum)
        heir = next((role for role, share in shares.items() if share == amount), None)
        if heir is not None:
            yield Found(
                f"tranches[{index}].amount",
                "Of this tranche the ratio leaves a share below the rail's minimum of"
                f" {draft.minimum}, so that the {heir} gets all that is contested of it.",
            )


def _winner(draft: Draft) -> str | None:
    """Return who gets all that is left; None where both get some."""
    clause = draft.claimed.dispute
    if clause.ratio_bp is None:
        return (clause.fallback or clause.ending).removeprefix("to_")
    return {0: "payer", _WHOLE_BP: "payee"}.get(clause.ratio_bp)
