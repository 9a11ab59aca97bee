"""The lives of contracts whose disputes end by a proposal and by a ruling, told as in `lives`."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from joserfc.jwk import OKPKey

from crps.audit.books import Buckets, DisputeRow
from crps.proofs import proof_header, public_key
from tests.unit.audit.disputed_life import claimed, cut, ended
from tests.unit.audit.lives import beginning, ending
from tests.unit.audit.story import ASSET, CLAIMS, DISPUTES, TERMS, Said, Story, at, instant, money

JUDGES_KEY = OKPKey.derive_key("the judge's key")


def agreed_story(budget: int = 8) -> Story:
    """Return a life in which each tranche's dispute ends by an accepted proposal.

    Tranche 1: the payer claims 4,000 of 6,000; the payee proposes twice and withdraws once, and the
    payer accepts 1,500 for itself. Tranche 2: the payer claims all, two proposals stand, and the
    payee accepts the payer's, which gives all of it up.
    """
    story = Story(terms=deepcopy(TERMS))
    story.terms["budget"]["proposals"] = budget
    beginning(story)
    first = claimed(story, 1, 3, 4000, 6000, "c-1")
    propose(story, "bob", "a", 3.1, (2500, 1500), first, "p-1")
    propose(story, "bob", "b", 3.2, (4000, 0), first, "p-2")
    answer(story, "withdraw", "bob", "b", 3.3, (4000, 0), first, "p-3")
    answer(story, "accept", "alice", "a", 3.4, (2500, 1500), first, "p-4")
    cut(story, "payee", "proposal", 3.4, 2500, (4000, 2000, 0), first, "p-4")
    cut(story, "payer", "proposal", 3.4, 1500, (1500, 4500, 0), first, "p-4", signed_by="p-1")
    ended(story, "proposal", 3.4, (4500, 1500), first, "p-4")
    second = claimed(story, 2, 4, 4000, 4000, "c-2")
    propose(story, "alice", "mine", 4.1, (4000, 0), second, "p-5")
    propose(story, "bob", "his", 4.2, (3000, 1000), second, "p-6")
    answer(story, "accept", "bob", "mine", 4.3, (4000, 0), second, "p-7")
    cut(story, "payee", "proposal", 4.3, 4000, (4000, 0, 0), second, "p-7", signed_by="p-5")
    void(story, ["his"], 4.3, second, "p-7")
    ended(story, "proposal", 4.3, (4000, 0), second, "p-7")
    ending(story, 6.5, payee=8500, payer=1500)
    story.tranches = {1: Buckets(payee=4500, payer=1500), 2: Buckets(payee=4000)}
    story.disputes = {
        1: DisputeRow(6000, 0, 4500, 1500, 4000, None, at(3.02), at(4.02), "proposal", True),
        2: DisputeRow(4000, 0, 4000, 0, 4000, None, at(4.02), at(5.02), "proposal", True),
    }
    return story


def ruled_story() -> Story:
    """Return a life in which the adjudicator rules on tranche 1 after the dispute deadline, and on
    tranche 2, which the payee has answered, nobody rules: the fallback gives it to the payer."""
    story = Story(terms=deepcopy(TERMS))
    judge = {"party": "judge", "key": public_key(JUDGES_KEY)}
    external = {"ending": "external", "ruling_ms": 1_000, "fallback": "to_payer"}
    story.terms["dispute"] |= {**external, "adjudicator": judge, "silence_rule": False}
    beginning(story)
    first = claimed(story, 1, 3, 4000, 6000, "c-1")
    _rule(story, 4.5, 3500, (1500, 2500), first, "r-1")
    _share(story, "payee", 4.5, 1500, (4000, 2000, 0), first)
    _share(story, "payer", 4.5, 2500, (2500, 3500, 0), first)
    ended(story, "ruling", 4.5, (3500, 2500), first, "r-1")
    second = claimed(story, 2, 5, 4000, 4000, "c-2")
    due = {"timer": "dispute", "tranche": 2, "generation": 2, "due_at": instant(7.02)}
    fired = story.say(CLAIMS, "deadline.reached", 7.05, due, id="due-2")
    bound = second.data["ruling_deadline_at"]
    cut(
        story, "payer", "dispute_default", 7.05, 4000, (4000, 0, 0), second, fired.id,
        clause="dispute.fallback", due_at=bound,
    )  # fmt: skip
    ended(story, "to_payer", 7.05, (0, 4000), second, fired.id, due_at=bound)
    ending(story, 7.5, payee=3500, payer=6500)
    story.tranches = {1: Buckets(payee=3500, payer=2500), 2: Buckets(payer=4000)}
    story.disputes = {
        1: DisputeRow(6000, 0, 3500, 2500, 4000, None, at(3.02), at(4.02), "ruling"),
        2: DisputeRow(4000, 0, 0, 4000, 4000, None, at(5.02), at(6.02), "to_payer"),
    }
    story.disputes = {
        number: replace(row, ruling_deadline_at=row.deadline_at + (at(1) - at(0)))
        for number, row in story.disputes.items()
    }
    return story


def propose(
    story: Story,
    party: str,
    name: str,
    second: float,
    shares: tuple[int, int],
    opened: Said,
    command_id: str,
) -> None:
    until = opened.data["deadline_at"]
    asked = {
        "party": party,
        "proposal": name,
        "to_payee": money(shares[0]),
        "to_payer": money(shares[1]),
        "expires_at": until,
        "tranche": opened.data["tranche"],
    }
    story.say(CLAIMS, "proposal.make", second, asked, id=command_id, upstream="shop")
    told = {"expires_at": until, "timers": []}
    _told(story, "made", party, name, second, shares, opened, command_id, told)


def answer(
    story: Story,
    verb: str,
    party: str,
    name: str,
    second: float,
    shares: tuple[int, int],
    opened: Said,
    command_id: str,
) -> None:
    """Say that a proposal is accepted or withdrawn."""
    asked = {"party": party, "proposal": name, "tranche": opened.data["tranche"]}
    story.say(CLAIMS, f"proposal.{verb}", second, asked, id=command_id, upstream="shop")
    participle = {"accept": "accepted", "withdraw": "withdrawn"}[verb]
    _told(story, participle, party, name, second, shares, opened, command_id, {})


def _told(
    story: Story,
    participle: str,
    party: str,
    name: str,
    second: float,
    shares: tuple[int, int],
    opened: Said,
    command_id: str,
    more: dict[str, Any],
) -> None:
    told = {
        "by": "payee" if party == "bob" else "payer",
        "tranche": opened.data["tranche"],
        "asset": ASSET,
        "proposal": name,
        "to_payee": str(shares[0]),
        "to_payer": str(shares[1]),
        "command_id": command_id,
        "judged_at": instant(second),
        **more,
    }
    noun = f"proposal.{participle}"
    story.say(DISPUTES, noun, second + 0.02, told, cause=command_id, rests_on=opened)


def void(story: Story, names: list[str], second: float, opened: Said, command_id: str) -> None:
    told = {"tranche": opened.data["tranche"], "asset": ASSET, "proposals": names}
    told |= {"contested": "0", "judged_at": instant(second)}
    noun = "proposal.voided"
    story.say(DISPUTES, noun, second + 0.02, told, cause=command_id, rests_on=opened)


def _rule(
    story: Story,
    second: float,
    total: int,
    shares: tuple[int, int],
    opened: Said,
    command_id: str,
) -> None:
    tranche = opened.data["tranche"]
    asked = {"party": "judge", "payee_total": money(total), "tranche": tranche}
    said = story.say(CLAIMS, "ruling.submit", second, asked, id=command_id, upstream="shop")
    said.proofs = tuple(value for _, value in proof_header(said.value, JUDGES_KEY))
    told = {
        "adjudicator": "judge",
        "tranche": tranche,
        "asset": ASSET,
        "payee_total": str(total),
        "to_payee": str(shares[0]),
        "to_payer": str(shares[1]),
        "command_id": command_id,
        "judged_at": instant(second),
    }
    story.say(DISPUTES, "ruling.made", second + 0.02, told, cause=command_id, rests_on=opened)


def _share(
    story: Story, to: str, second: float, amount: int, before: tuple[int, int, int], opened: Said
) -> None:
    cut(story, to, "ruling", second, amount, before, opened, "r-1", clause="dispute.ending")
