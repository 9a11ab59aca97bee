"""What was asked about one contract on one topic of commands, and what was answered to it.

Contracts and disputes have such a topic each; command ids are scoped to contract, party and topic.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import proofs
from .said import Message, demand, minor

DUE = "deadline.reached"
USES_UP_NO_ID = {"MALFORMED", "WRONG_PARTITION", "UNKNOWN_CONTRACT", "NOT_A_PARTY", "WRONG_ROLE",
                 "SIGNATURE_REQUIRED", "SIGNATURE_INVALID", "IDEMPOTENCY_CONFLICT",
                 "ACT_BUDGET_SPENT"}  # fmt: skip


@dataclass
class Asked:
    """One contract's commands on one topic, with whatever else events may be caused by."""

    contract_id: str
    commands: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    """Command id -> the signed records that bear it."""
    records: list[Message] = field(default_factory=list)
    """All of them, in the order of the log."""
    causes: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    """Id -> whatever bears it: ids are scoped to parties, and may be sent again."""
    answers: dict[str, Message] = field(default_factory=dict)
    """Place of the record that was answered -> the refusal or the first answer."""
    said_again: set[str] = field(default_factory=set)
    """Digests of all answers, since the relay may send one again."""
    applied: dict[tuple[str, str], Message] = field(default_factory=dict)
    """(Party, command id) -> the event that its application led to."""

    def hear(self, message: Message) -> bool:
        """Keep what somebody asks; False for what has no standing: unsigned, yet a command."""
        is_due = message.kind == DUE
        if not is_due and message.upstream is None:
            return False
        self.causes[message.id].append(message)
        if not is_due:
            self.commands[message.id].append(message)
            self.records.append(message)
        return True

    def answer(self, message: Message) -> bool:
        """Keep an answer; False for a repeat, which must not differ."""
        place = message.id.partition("/")[2]
        first = self.answers.get(place)
        if first is not None and message.digest in self.said_again:
            return False
        self.said_again.add(message.digest)
        if first is not None:
            codes = [first.data.get("code"), message.data.get("code")]
            demand(
                first.data == message.data,
                f"{place} was delivered twice and answered differently: {codes}",
            )
        self.answers[place] = message
        return True

    def code(self, record: Message) -> str | None:
        """Return the code by which ``record`` was refused; None if it was not."""
        answer = self.answers.get(record.place)
        return None if answer is None or "first" in answer.data else answer.data["code"]

    def cause(self, message: Message, fits: Callable[[Message], bool] = lambda _: True) -> Message:
        """Return the record because of which ``message`` was said: of those with its id, the one
        that ``fits``, and that got no other answer if there is a choice."""
        return self.causes_of(message, fits)[0]

    def causes_of(self, message: Message, fits: Callable[[Message], bool]) -> list[Message]:
        assert message.cause is not None
        found = [c for c in self.causes[message.cause] if fits(c)]
        demand(bool(found), f"{message.id} has no cause that was ever said")
        return sorted(found, key=lambda c: c.place in self.answers)

    def cause_at(self, message: Message, t: datetime) -> Message:
        """Return the cause that was appended at ``t``."""
        return self.cause(message, lambda c: c.appended_at == t)

    def acts_of(
        self,
        message: Message,
        kind: str,
        party: str,
        upstream: str | None,
        terms: Mapping[str, Any],
        at: datetime | None = None,
    ) -> list[Message]:
        """Return the party's own commands, one of which ``message`` applies, and only once."""
        commands = self.causes_of(
            message,
            lambda c: (
                c.kind == kind
                and c.data["party"] == party
                and c.upstream == upstream
                and at in (None, c.appended_at)
                and proofs.why_not(c, terms) is None
            ),
        )
        key = party, commands[0].id
        demand(key not in self.applied, f"{key} was applied twice")
        self.applied[key] = message
        return commands

    def same_id_before(self, record: Message) -> Message | None:
        """Return the earlier record that used up the id of ``record``, of the same asker."""
        for earlier in self.commands[record.id]:
            if earlier.place == record.place:
                return None
            if asker(earlier) != asker(record) or self._is_repeat(earlier):
                continue
            if self.code(earlier) not in USES_UP_NO_ID:
                return earlier
        raise AssertionError(f"{record.place} was never heard")

    def _is_repeat(self, record: Message) -> bool:
        answer = self.answers.get(record.place)
        return answer is not None and "first" in answer.data


def asker(record: Message) -> str:
    return str(record.data.get("party", record.upstream))


def claimed(claim: Any, asset: str) -> tuple[int | None, str | None]:
    """Return the minor units that a party states, or the code of the flaw (SPEC section 2)."""
    currency, _, exponent = str(claim["asset"]).partition("/")
    if currency not in {"CNY", "EUR"}:
        return None, "CURRENCY_UNKNOWN"
    if exponent != "2":
        return None, "EXPONENT_WRONG"
    digits = claim["amount"]
    if claim["asset"] != asset:
        return None, "CURRENCY_MISMATCH"
    if not (digits.isdigit() and len(digits) <= 18 and str(int(digits)) == digits):
        return None, "AMOUNT_INVALID"
    return minor(digits), None


def named(told: Any, count: int) -> int | None:
    """Return the tranche that a command means; None where it means no one of ``count``."""
    number = told.get("tranche", 1 if count == 1 else None)
    return number if number in range(1, count + 1) else None
