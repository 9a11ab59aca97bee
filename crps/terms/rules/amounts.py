"""Rules about what can move at all: small tranches, counted parts, counted acts."""

from collections.abc import Iterator

from crps.terms.rules.rule import Draft, Found, Severity, rule


@rule(Severity.NOTICE, "Join small tranches, or choose a rail that moves smaller parts.")
def moves_only_whole(draft: Draft) -> Iterator[Found]:
    """Find what can move in no part, since the part or its rest would be dust."""
    partial = draft.terms.rail.partial
    if partial != "many":
        yield Found(
            "rail.partial",
            "The rail moves the whole or nothing: neither side can give a part, and a dispute is"
            " about everything.",
        )
        return
    for index, tranche in enumerate(draft.claimed.tranches):
        if int(tranche.amount) < 2 * draft.minimum:
            yield Found(
                f"tranches[{index}].amount",
                f"Any part of it, or its rest, is below the rail's minimum of {draft.minimum}:"
                " neither side can give a part of it, and a dispute is about all of it.",
            )


@rule(Severity.WARNING, "Agree on fewer tranches, or choose a rail with more parts.")
def no_part_to_spare(draft: Draft) -> Iterator[Found]:
    """Find that every part is kept for an arrival."""
    parts, tranches = draft.terms.rail.max_parts, len(draft.claimed.tranches)
    if draft.terms.rail.partial == "many" and parts == tranches:
        yield Found(
            "rail.max_parts",
            f"The rail moves {parts} parts and as many are kept for the arrivals: neither side can"
            " give a part of anything, and a dispute cannot settle piece by piece.",
        )


@rule(Severity.WARNING, "Allow more acts; 100 is usual.")
def one_act(draft: Draft) -> Iterator[Found]:
    """Find that there is one act in part and no second."""
    if draft.terms.budget.acts == 1:
        yield Found(
            "budget.acts",
            "Of each tranche each side has one act: after one release or return in part, or one"
            " moved deadline, it can only give all that is left.",
        )
