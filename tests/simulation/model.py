"""The independent model: the law over what was said, checked record by record (SPEC 2 to 5).

It decides nothing in advance. It reads the topics, keeps its own sums, and demands of every event
that the law allows it: conservation, who signed, when, how much, and that nothing happens twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from . import consents, deadlines, openings, proofs
from .acts import Tranche, expect_fitting
from .asked import Asked
from .said import Message, Stream, Violation, buckets, demand, instant, minor

FOREIGN = {"foreign_account", "foreign_currency"}
COMMANDS = "crps.contracts.commands.v1"
OFFER_PHASE = {"OFFERED", "ACCEPTED"}


@dataclass
class Case(Asked):
    """One contract, as far as it was spoken of."""

    offers: list[Message] = field(default_factory=list)
    reports: dict[str, Message] = field(default_factory=dict)
    """Receipt -> what the ledger reported."""
    times: set[datetime] = field(default_factory=set)
    """Append times on the commands topic."""
    unknown: list[Message] = field(default_factory=list)
    """Commands to which it was said that nobody had offered this."""
    offer: Message | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)
    status: str = "UNKNOWN"
    accepted: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    offer_expires_at: datetime | None = None
    effective_at: datetime | None = None
    left_offer_at: datetime | None = None
    """By the clock of contracts: when it was effective, declined or lapsed."""
    left_offer: Message | None = None
    """The event that says so."""
    stood: Message | None = None
    """The first event that told of it."""
    tranches: list[Tranche] = field(default_factory=list)
    counted: list[tuple[str, int]] = field(default_factory=list)
    owed: list[tuple[str, int]] = field(default_factory=list)
    """Receipts of an ended offer whose return is yet to be said."""
    fates: dict[str, str] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    admission: Message | None = None
    """What was admitted by an opening that has not been told yet."""
    course: list[tuple[Message, list[Tranche]]] = field(default_factory=list)
    """Each event that moved money or a deadline or opened a dispute, and every tranche then."""

    @property
    def total(self) -> int:
        return sum(tranche.amount for tranche in self.tranches)

    def role(self, party: str) -> str | None:
        return next((r for r in ("payer", "payee") if self.terms[r]["party"] == party), None)


class Contracts:
    """What the contracts service may say."""

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}
        self.stream = Stream()

    def case(self, contract_id: str) -> Case:
        return self.cases.setdefault(contract_id, Case(contract_id))

    def hear(self, message: Message) -> None:
        case = self.case(message.contract_id)
        if not case.hear(message):
            return
        if message.kind in {"order.placed", "contract.offer"}:
            case.offers.append(message)
        if message.topic == COMMANDS:
            case.times.add(message.appended_at)

    def hear_report(self, message: Message) -> None:
        """Keep what the ledger or disputes told contracts."""
        case = self.case(message.contract_id)
        case.causes[message.id].append(message)
        if message.kind == "funding.received":
            demand(message.data["receipt"] not in case.reports, f"{message.id}: reported twice")
            case.reports[message.data["receipt"]] = message

    def answer(self, message: Message) -> None:
        case = self.case(message.contract_id)
        if case.answer(message) and message.kind == "command.refused":
            self._judge_refusal(case, message, message.id.partition("/")[2])

    def event(self, message: Message) -> None:
        """Judge one event; repeats are the caller's."""
        if not self.stream.fresh(message):
            return
        case = self.case(message.contract_id)
        before = [t.buckets() for t in case.tranches]
        openings.expect_after_admission(case.admission, message)
        judge = getattr(self, "_" + message.kind.replace(".", "_"), None)
        if judge is None:
            raise Violation(f"{message.wire_type} is unheard of")
        judge(case, message, message.data)
        case.stood = case.stood or message
        self._conserved(case, before)

    # --- on offer -------------------------------------------------------------------------------

    def _contract_offered(self, case: Case, message: Message, told: Any) -> None:
        demand(case.status == "UNKNOWN", "offered twice")
        self._take_terms(case, message, told)
        case.accepted = set(told["accepted_by"])
        demand(len(case.accepted) < 2, "both accepted, yet it is only offered")
        case.status = "OFFERED"

    def _offer_accepted(self, case: Case, message: Message, told: Any) -> None:
        demand(case.status == "OFFERED", f"accepted while {case.status}")
        self._act_of(case, message, "contract.accept", told["by"])
        case.accepted.add(told["by"])
        demand(len(case.accepted) == 1, "the other had accepted")

    def _contract_accepted(self, case: Case, message: Message, told: Any) -> None:
        if case.status == "UNKNOWN":
            self._take_terms(case, message, told)
            signed = case.cause(message).data["acceptances"]
            demand(len(signed) == 2, "accepted without both acceptances")
        else:
            demand(case.status == "OFFERED" and bool(case.accepted), "one acceptance is missing")
            (missing,) = {"payer", "payee"} - case.accepted
            command, *_ = self._act_of(case, message, "contract.accept", missing)
            assert case.offer_expires_at is not None
            demand(command.appended_at < case.offer_expires_at, "accepted after the offer's end")
        case.accepted, case.status = {"payer", "payee"}, "ACCEPTED"

    def _contract_declined(self, case: Case, message: Message, told: Any) -> None:
        demand(case.status in OFFER_PHASE, f"declined while {case.status}")
        self._act_of(case, message, "contract.decline", told["by"])
        self._send_all_back(case, message, "DECLINED")

    def _consent_revoked(self, case: Case, message: Message, told: Any) -> None:
        self._act_of(case, message, "consent.revoke", told["by"])
        consents.expect_revocation(case, message)

    def _offer_lapsed(self, case: Case, message: Message, told: Any) -> None:
        demand(case.status in OFFER_PHASE, f"lapsed while {case.status}")
        assert case.offer_expires_at is not None
        cause = case.cause(message)
        judged = max(case.times) if cause.topic == COMMANDS else message.time
        demand(judged >= case.offer_expires_at, "lapsed before its time")
        self._send_all_back(case, message, "OFFER_LAPSED")

    def _take_terms(self, case: Case, message: Message, told: Any) -> None:
        offer = case.cause(message)
        demand(offer in case.offers, "nobody offered this")
        demand(offer.data.get("party") in (None, offer.upstream), "a party offered this")
        demand(told["terms"] == offer.data["terms"], "other terms than offered")
        case.terms, case.offer_expires_at = told["terms"], instant(told["offer_expires_at"])
        demand(offer.appended_at < case.offer_expires_at, "offered after its own end")
        case.tranches = [
            Tranche(number, minor(t["amount"]), t["period"]["duration_ms"])
            for number, t in enumerate(case.terms["tranches"], start=1)
        ]
        assert offer.upstream is not None
        case.offer = offer
        case.applied[offer.upstream, offer.id] = message

    def _send_all_back(self, case: Case, message: Message, status: str) -> None:
        listed = [(s["receipt"], minor(s["amount"])) for s in message.data["returns"]]
        case.left_offer_at, case.left_offer = message.time, message
        shown, rest = case.counted[: len(listed)], case.counted[len(listed) :]
        demand(listed == shown, f"{listed} goes back of {shown}")
        case.returned |= dict(listed)
        case.owed, case.counted, case.status = rest, [], status

    # --- receipts -------------------------------------------------------------------------------

    def _receipt_counted(self, case: Case, message: Message, told: Any) -> None:
        self._own_receipt(case, message, told, "counted")
        demand(case.status in OFFER_PHASE, f"counted while {case.status}")
        case.counted.append((told["receipt"], minor(told["amount"])))
        received = sum(amount for _, amount in case.counted)
        demand(case.status == "OFFERED" or received < case.total, "T is there, yet it waits")

    def _receipt_returned(self, case: Case, message: Message, told: Any) -> None:
        if case.owed:
            share = told["receipt"], minor(told["amount"])
            demand(share == case.owed.pop(0), f"{share} is not the next that goes back")
            demand(told["cause"] == case.status.lower(), "wrong cause")
            case.returned[share[0]] = share[1]
            return
        self._own_receipt(case, message, told, "returned")
        late = case.status in {"DECLINED", "OFFER_LAPSED"}
        demand(case.status not in OFFER_PHASE, "sent back while it could count")
        demand(told["cause"] == ("late_funding" if late else "over_funding"), "wrong cause")
        case.returned[told["receipt"]] = minor(told["amount"])

    def _receipt_refused(self, case: Case, message: Message, told: Any) -> None:
        report = self._report(case, message, told["receipt"], "refused")
        demand(self._is_foreign(case, report), "the payer's own money was refused")
        demand(told["reason"] in FOREIGN, told["reason"])

    def _own_receipt(self, case: Case, message: Message, told: Any, fate: str) -> None:
        report = self._report(case, message, told["receipt"], fate)
        demand(not self._is_foreign(case, report), "foreign money was taken in")
        demand(told["amount"] == report.data["amount"], "another amount than was received")

    def _report(self, case: Case, message: Message, receipt: str, fate: str) -> Message:
        demand(receipt not in case.fates, f"{receipt} was {case.fates.get(receipt)}, now {fate}")
        report = case.cause(message)
        demand(case.reports.get(receipt) is report, f"{receipt} was not reported")
        case.fates[receipt] = fate
        return report

    def _is_foreign(self, case: Case, report: Message) -> bool:
        own = case.terms["payer"]["account"], case.terms["asset"]
        return (report.data["account"], report.data["asset"]) != own

    def _contract_effective(self, case: Case, message: Message, told: Any) -> None:
        demand(case.status == "ACCEPTED" or len(case.accepted) == 2, "effective unaccepted")
        cause = case.cause(message)
        if cause.kind == "funding.received":
            self._report(case, message, cause.data["receipt"], "counted")
            demand(not self._is_foreign(case, cause), "foreign money took effect")
            case.counted.append((cause.data["receipt"], minor(cause.data["amount"])))
            assert case.offer_expires_at is not None
            demand(message.time < case.offer_expires_at, "effective after the offer's end")
        received = sum(amount for _, amount in case.counted)
        said = told["receipts"], minor(told["received"])
        demand(said == (len(case.counted), received), f"{said}, yet counted: {case.counted}")
        demand(received >= case.total == minor(told["total"]), "less than T took effect")
        excess = told.get("excess")
        demand((excess is None) == (received == case.total), "excess, or its absence, is wrong")
        if excess is not None:
            demand(minor(excess["amount"]) == received - case.total, "the excess is another")
            case.returned[excess["receipt"]] = minor(excess["amount"])
        case.effective_at = case.left_offer_at = instant(told["effective_at"])
        demand(case.effective_at == message.time, "the clause of effect has its own clock")
        for tranche, stated in zip(case.tranches, told["tranches"], strict=True):
            tranche.deadline_at = instant(stated["deadline_at"])
            period = timedelta(milliseconds=tranche.period_ms)
            demand(tranche.deadline_at == case.effective_at + period, "another period")
            tranche.first_deadline_at = tranche.deadline_at
            demand(stated["generation"] == 1, "it begins with another generation")
            tranche.free = tranche.amount
        case.counted, case.status, case.left_offer = [], "EFFECTIVE", message

    # --- attribution ----------------------------------------------------------------------------

    def _funds_attributed(self, case: Case, message: Message, told: Any) -> None:
        demand(case.status == "EFFECTIVE", f"attributed while {case.status}")
        signed = told["authorisation"]
        loser = "payer" if told["to"] == "payee" else "payee"
        demand(signed["signer"] == loser, "I3: the loser did not sign")
        t = instant(told["judged_at"])
        if told["cause"] == "arrival":
            self._arrival(case, case.cause_at(message, t), told)
        elif told["cause"] == "admission":
            openings.expect_admission(message)
            case.admission = message
        else:
            demand(signed["basis"] == "live", "an act that is not live")
            acts = self._act_of(case, message, f"funds.{told['cause']}", loser, t)
            demand(acts[0].id == signed["command_id"], "another command than it cites")
            demand(told["to"] == {"release": "payee", "return": "payer"}[told["cause"]], "I3")
            assert case.effective_at is not None
            demand(t >= case.effective_at, "an act from before the effect")
            moved = [(part["tranche"], minor(part["amount"])) for part in told["parts"]]
            expect_fitting(case.tranches, case.terms, acts, loser, moved)
        for part in told["parts"]:
            tranche = case.tranches[part["tranche"] - 1]
            demand(tranche.buckets() == buckets(part["before"]), "before is not what was")
            tranche.take(told["to"], minor(part["amount"]))
            demand(tranche.buckets() == buckets(part["after"]), "after is not what comes of it")
        stated = sum(minor(part["amount"]) for part in told["parts"])
        demand(minor(told["money"]["amount"]) == stated, "the parts are not the sum")
        self._moved(case, message)

    def _deadline_moved(self, case: Case, message: Message, told: Any) -> None:
        demand(case.status == "EFFECTIVE", f"moved while {case.status}")
        kind, t = deadlines.VERB[told["by"]], instant(told["judged_at"])
        acts = self._act_of(case, message, kind, told["by"], t)
        deadlines.expect_move(case, message, acts)
        tranche = case.tranches[told["tranche"] - 1]
        tranche.deadline_at, tranche.generation = instant(told["after"]), told["generation"]
        tranche.payer_acts += told["by"] == "payer"
        tranche.payee_acts += told["by"] == "payee"
        self._moved(case, message)

    def _dispute_opened(self, case: Case, message: Message, told: Any) -> None:
        demand(case.status == "EFFECTIVE", f"disputed while {case.status}")
        t = instant(told["judged_at"])
        acts = self._act_of(case, message, "dispute.open", "payer", t)
        openings.expect_opening(case, message, acts)
        case.admission = None
        tranche = case.tranches[told["tranche"] - 1]
        tranche.free, tranche.contested, tranche.opening = 0, tranche.free, message
        self._moved(case, message)

    def _tranche_attributed(self, case: Case, message: Message, told: Any) -> None:
        tranche = case.tranches[told["tranche"] - 1]
        openings.expect_end(tranche, message, case.cause(message))
        tranche.contested = 0
        tranche.payee, tranche.payer = minor(told["payee"]), minor(told["payer"])
        self._moved(case)

    def _moved(self, case: Case, message: Message | None = None) -> None:
        if message is not None:
            deadlines.expect_timers(case, message)
            case.course.append((message, [t.now() for t in case.tranches]))
        if not any(tranche.free or tranche.contested for tranche in case.tranches):
            case.status = "ATTRIBUTED"

    def _arrival(self, case: Case, cause: Message, told: Any) -> None:
        (part,) = told["parts"]
        tranche = case.tranches[part["tranche"] - 1]
        t = instant(told["judged_at"])
        demand(told["to"] == "payee", "an arrival at the payer")
        demand(cause.topic == COMMANDS, f"arrival because of {cause.kind}")
        demand(instant(told["due_at"]) == tranche.deadline_at, "another deadline than agreed")
        assert tranche.deadline_at is not None
        demand(tranche.deadline_at <= t, f"arrived early: {t} is before {tranche.deadline_at}")
        demand(minor(part["amount"]) == tranche.free, "an arrival takes all that is free")
        for other in case.tranches:
            assert other.deadline_at is not None
            earlier = (other.deadline_at, other.number) < (tranche.deadline_at, tranche.number)
            demand(not (earlier and other.free), "out of the order of the deadlines")
        if cause.kind == "deadline.reached":
            named = case.tranches[cause.data["tranche"] - 1 : cause.data["tranche"]]
            is_chain = cause.data["timer"] == "chain" and bool(named)
            present = is_chain and cause.data["generation"] == named[0].generation
            started = present and named[0].deadline_at is not None
            demand(started, "a void due message had an effect")
            assert named[0].deadline_at is not None
            demand(named[0].deadline_at <= t, "an early due message had an effect")

    def _contract_closed(self, case: Case, _: Message, told: Any) -> None:
        demand(case.status == "ATTRIBUTED", f"closed while {case.status}")
        sides = sum(t.payee for t in case.tranches), sum(t.payer for t in case.tranches)
        demand((minor(told["payee"]), minor(told["payer"])) == sides, "closed with other sums")
        case.status = "CLOSED"

    # --- what holds of all ----------------------------------------------------------------------

    def _conserved(self, case: Case, before: Iterable[tuple[int, int, int, int]]) -> None:
        for tranche, (free, contested, payee, payer) in zip(case.tranches, before, strict=False):
            demand(min(tranche.buckets()) >= 0, "I0: below zero")
            demand(tranche.payee >= payee and tranche.payer >= payer, "S or R fell")
            is_opened = tranche.contested > contested
            demand(not is_opened or tranche.contested == free, "I1: D rose, and not by an opening")
            if case.effective_at is not None:
                demand(sum(tranche.buckets()) == tranche.amount, "I0")

    def _act_of(
        self, case: Case, message: Message, kind: str, role: str, at: datetime | None = None
    ) -> list[Message]:
        """Return the party's own commands, one of which ``message`` applies, and only once."""
        party, upstream = case.terms[role]["party"], case.offers[0].upstream
        return case.acts_of(message, kind, party, upstream, case.terms, at)

    def _judge_refusal(self, case: Case, message: Message, place: str) -> None:
        record = next(r for records in case.commands.values() for r in records if r.place == place)
        code = message.data["code"]
        if code == "UNKNOWN_CONTRACT":
            case.unknown.append(record)
        if code.startswith("SIGNATURE") and case.terms and "party" in record.data:
            demand(proofs.why_not(record, case.terms) == code, f"{place}: {code} of another proof")
        if code == "WRONG_ROLE" and record.kind == "contract.offer":
            demand(record.data["party"] != record.upstream, f"{place}: its upstream offered")
        elif code == "WRONG_ROLE" and case.terms:
            is_payees = record.kind in {"funds.return", "deadline.extend"}
            giver = "payee" if is_payees else "payer"
            demand(case.role(record.data["party"]) != giver, f"{place}: it was the right party")
