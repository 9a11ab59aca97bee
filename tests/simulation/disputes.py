"""What the disputes service may say, judged event by event in the order of its log (SPEC 6).

The first event of a decision must be allowed by the law at the append time of its cause; it lays
down the script of the decision, and each event must be word for word what the script has next.
"""

from dataclasses import dataclass, field
from typing import Any

from . import accords
from .asked import DUE, Asked, claimed, named
from .claims import OTHER, Dispute
from .model import Case, Contracts
from .said import Message, Stream, Violation, demand, instant, minor

CONTRACTS_EVENTS = "crps.contracts.events.v1"
CLAUSES = {"silence": "dispute.silence_rule", "signed": "dispute.ending",
           "fallback": "dispute.fallback"}  # fmt: skip
BEGINNINGS = {"claim.stated", "funds.attributed", *accords.COMMAND}

Line = tuple[str, dict[str, Any]]
"""Kind and content of an event."""


@dataclass
class Docket(Asked):
    """One contract's disputes, as far as they were spoken of."""

    disputes: dict[int, Dispute] = field(default_factory=dict)
    """Tranche -> its dispute, once it is registered."""
    script: list[Line] = field(default_factory=list)
    """What the decision that is being told has still to say."""
    telling: Message | None = None
    """The first event of that decision."""

    def timers(self) -> list[dict[str, Any]]:
        return [
            {
                "timer": "dispute",
                "tranche": number,
                "generation": dispute.generation,
                "due_at": due(dispute),
            }
            for number, dispute in sorted(self.disputes.items())
            if dispute.ending is None and dispute.contested
        ]


class Disputes:
    """What the disputes service may say, given what contracts said and the parties asked."""

    def __init__(self, contracts: Contracts) -> None:
        self.dockets: dict[str, Docket] = {}
        self.stream = Stream()
        self._contracts = contracts

    def docket(self, contract_id: str) -> Docket:
        return self.dockets.setdefault(contract_id, Docket(contract_id))

    def hear(self, message: Message) -> None:
        self.docket(message.contract_id).hear(message)

    def answer(self, message: Message) -> None:
        self.docket(message.contract_id).answer(message)

    def event(self, message: Message) -> bool:
        """Judge one event; False for a repeat."""
        if not self.stream.fresh(message):
            return False
        docket = self.docket(message.contract_id)
        case = self._contracts.case(message.contract_id)
        if not docket.script:
            docket.telling = message
            docket.script = self._begin(docket, case, message)
        assert docket.telling is not None
        demand(message.cause == docket.telling.cause, "one decision of two causes")
        kind, body = docket.script.pop(0)
        demand(message.kind == kind, f"{message.kind} was said, {kind} comes next")
        differs = {name: (message.data.get(name), body.get(name))
                   for name in {*message.data, *body}
                   if message.data.get(name) != body.get(name)}  # fmt: skip
        demand(not differs, f"{message.id}, {kind}: {differs}")
        opening = docket.disputes[_tranche(message)].opening
        demand(message.rests_on == (CONTRACTS_EVENTS, opening.sequence), "on another opening")
        if message.kind == "funds.attributed":
            self._conserved(message.data, minor(opening.data["amount"]))
        return True

    def _begin(self, docket: Docket, case: Case, message: Message) -> list[Line]:
        if message.kind == "dispute.registered":
            return self._register(docket, case, message)
        demand(message.kind in BEGINNINGS, f"{message.kind} for nothing")
        number, t = _tranche(message), instant(message.data["judged_at"])
        demand(number in docket.disputes, f"{message.kind} before the dispute was registered")
        dispute = docket.disputes[number]
        demand(dispute.ending is None, f"{message.kind} after the end")
        first = min(
            (d for d in docket.disputes.values() if d.is_due(t)),
            key=lambda d: (d.due_at, d.number),
            default=None,
        )
        if message.kind != "funds.attributed":
            demand(first is None, "a statement went before an ending that was due")
        if message.kind == "claim.stated":
            return self._statement(docket, case, message, dispute)
        if message.kind != "funds.attributed":
            return self._accord(docket, case, message, dispute)
        demand(first is dispute, "an ending before its time, or out of order")
        self._may_end(docket, message)
        return _ending(docket, dispute, message)

    def _register(self, docket: Docket, case: Case, message: Message) -> list[Line]:
        number = _tranche(message)
        demand(number not in docket.disputes, f"tranche {number} was registered twice")
        opening = case.tranches[number - 1].opening
        assert opening is not None, f"tranche {number} was never opened"
        demand(message.cause == opening.id, "registered because of something else")
        docket.disputes[number] = dispute = Dispute.opened_by(opening)
        body = {
            "tranche": number,
            "asset": case.terms["asset"],
            "contested": str(dispute.contested),
            "payer_claim": str(dispute.claims["payer"]),
            "generation": dispute.generation,
            "opened_at": opening.data["opened_at"],
            "deadline_at": opening.data["deadline_at"],
            "timers": docket.timers(),
        }
        if dispute.rulings_until is not None:
            body["ruling_deadline_at"] = opening.data["ruling_deadline_at"]
        return [("dispute.registered", body)]

    def _statement(
        self, docket: Docket, case: Case, message: Message, dispute: Dispute
    ) -> list[Line]:
        told, t = message.data, instant(message.data["judged_at"])
        by, asset = told["by"], case.terms["asset"]
        claim = minor(told[f"{by}_claim"])
        assert case.offer is not None
        upstream, party = case.offer.upstream, case.terms[by]["party"]
        commands = docket.acts_of(message, "claim.lower", party, upstream, case.terms, t)
        fits = any(
            named(c.data, len(case.tranches)) == dispute.number
            and claimed(c.data["claim"], asset) == (claim, None)
            for c in commands
        )
        demand(fits, f"the {by} never claimed {claim} at {t}")
        code = dispute.refusal(by, claim, t)
        demand(code is None, f"{message.id} states {claim} for the {by}: {code}")
        return _stating(docket, dispute, message, claim)

    def _accord(self, docket: Docket, case: Case, message: Message, dispute: Dispute) -> list[Line]:
        """Judge what is proposed, accepted, withdrawn or ruled, and return what it leads to."""
        told, t = message.data, instant(message.data["judged_at"])
        party = told["adjudicator"] if "adjudicator" in told else case.terms[told["by"]]["party"]
        assert case.offer is not None
        kind = accords.COMMAND[message.kind]
        for command in docket.acts_of(message, kind, party, case.offer.upstream, case.terms, t):
            if named(command.data, len(case.tranches)) != dispute.number:
                continue
            if accords.refusal(case, dispute, command, t) is None:
                moved, ending = accords.apply(dispute, command, told.get("by", "adjudicator"))
                return self._dividing(docket, dispute, message, moved, ending)
        raise Violation(f"{message.id}: nobody could ask for this at {t}")

    def _dividing(
        self,
        docket: Docket,
        dispute: Dispute,
        message: Message,
        moved: accords.Moves,
        ending: str | None,
    ) -> list[Line]:
        t, when = instant(message.data["judged_at"]), {"judged_at": message.data["judged_at"]}
        script: list[Line] = [(message.kind, accords.told_of(dispute, message, docket.timers()))]
        live = dispute.live(t)
        for to, amount, signed in moved:
            kind = "subjective" if signed["basis"] == "live" else "automatic"
            told = {"cause": ending, "kind": kind, "authorisation": signed, **when}
            script.append(_moving(docket, dispute, to, amount, told))
        if ending is not None:
            script += _voiding(
                dispute, [n for n in live if n != message.data.get("proposal")], when
            )
            dispute.ending = ending
            script.append(_ended(docket, dispute, when))
        return script

    def _may_end(self, docket: Docket, message: Message) -> None:
        """Only a record of its own topic ends a dispute: a party's, or a due one that counts."""
        t = instant(message.data["judged_at"])
        cause = docket.cause_at(message, t)
        if cause.kind != DUE:
            return
        timer = docket.disputes.get(cause.data["tranche"])
        demand(timer is not None, "a due message of no dispute had an effect")
        assert timer is not None
        present = (cause.data["timer"], cause.data["generation"]) == ("dispute", timer.generation)
        demand(present, "a void due message had an effect")
        demand(timer.due_at <= t, "an early due message had an effect")

    def _conserved(self, told: Any, total: int) -> None:
        (part,) = told["parts"]
        before, after = ({k: minor(v) for k, v in part[x].items()} for x in ("before", "after"))
        demand(sum(before.values()) == sum(after.values()) == total, "I0")
        demand(min(after.values()) >= 0 and after["contested"] < before["contested"], "I1")
        loser = OTHER[told["to"]]
        demand(told["authorisation"]["signer"] == loser, "I3: the loser did not sign")
        demand(after[loser] == before[loser], "I3: money on both sides")


def _tranche(message: Message) -> int:
    if message.kind == "funds.attributed":
        demand(len(message.data["parts"]) == 1, "one dispute, one tranche")
        return int(message.data["parts"][0]["tranche"])
    return int(message.data["tranche"])


def _stating(docket: Docket, dispute: Dispute, message: Message, claim: int) -> list[Line]:
    by, judged_at = message.data["by"], message.data["judged_at"]
    is_answer = dispute.claims[by] is None
    live = dispute.live(instant(judged_at))
    cut = dispute.state(by, claim)
    timers = docket.timers()
    asset = dispute.opening.data["asset"]
    stated = {
        "by": by,
        "tranche": dispute.number,
        "asset": asset,
        **{f"{role}_claim": str(own) for role, own in dispute.claims.items() if own is not None},
        "contested": str(dispute.contested - cut),
        "command_id": message.cause,
        "judged_at": judged_at,
        "timers": timers,
    }
    script: list[Line] = [("claim.stated", stated)]
    if cut:
        signed = {"signer": by, "basis": "live", "command_id": message.cause}
        cause = "admission" if is_answer else "concession"
        told = {"cause": cause, "kind": "subjective", "authorisation": signed,
                "judged_at": judged_at}  # fmt: skip
        script.append(_moving(docket, dispute, OTHER[by], cut, told))
        script += _voiding(dispute, live, {"judged_at": judged_at})
    if dispute.contested == 0:
        dispute.ending = "settled"
        script.append(_ended(docket, dispute, {"judged_at": judged_at}))
    return script


def _voiding(dispute: Dispute, names: list[str], when: dict[str, Any]) -> list[Line]:
    if not names:
        return []
    body = {
        "tranche": dispute.number,
        "asset": dispute.opening.data["asset"],
        "proposals": names,
        "contested": str(dispute.contested),
        **when,
    }
    return [("proposal.voided", body)]


def due(dispute: Dispute) -> str:
    """Return, as the opening writes it, when the clock ends it."""
    name = "deadline_at" if dispute.generation == 1 else "ruling_deadline_at"
    return str(dispute.opening.data[name])


def _ending(docket: Docket, dispute: Dispute, message: Message) -> list[Line]:
    ending, shares = dispute.signed_end()
    when = {"judged_at": message.data["judged_at"], "due_at": due(dispute)}
    clause = CLAUSES["fallback" if dispute.rulings_until else "signed"]
    clause = CLAUSES.get(ending, clause)
    script = []
    for to, amount in shares:
        signed = {"signer": OTHER[to], "basis": "clause", "clause": clause}
        told = {"cause": "dispute_default", "kind": "automatic", "authorisation": signed, **when}
        script.append(_moving(docket, dispute, to, amount, told))
    dispute.ending = ending
    return [*script, _ended(docket, dispute, when)]


def _moving(docket: Docket, dispute: Dispute, to: str, amount: int, told: dict[str, Any]) -> Line:
    asset = dispute.opening.data["asset"]
    before = _told(dispute)
    dispute.move(to, amount)
    part = {"tranche": dispute.number, "amount": str(amount), "before": before,
            "after": _told(dispute)}  # fmt: skip
    body = {
        "to": to,
        "money": {"amount": str(amount), "asset": asset},
        "parts": [part],
        "timers": docket.timers(),
        **told,
    }
    return "funds.attributed", body


def _ended(docket: Docket, dispute: Dispute, when: dict[str, Any]) -> Line:
    body = {
        "tranche": dispute.number,
        "asset": dispute.opening.data["asset"],
        "ending": dispute.ending,
        "payee": str(dispute.given["payee"]),
        "payer": str(dispute.given["payer"]),
        "timers": docket.timers(),
        **when,
    }
    return "dispute.ended", body


def _told(dispute: Dispute) -> dict[str, str]:
    names = ("free", "contested", "payee", "payer")
    return dict(zip(names, map(str, dispute.buckets()), strict=True))
