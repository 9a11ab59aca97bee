"""The catalogue of bad input: each entry builds one record and says how it must end.

Three topics, one list each. ``victim`` is an effective contract that the bad records of the
commands topic and of strangers aim at; ``fresh`` is an id nobody offered yet.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from crps.replay.signing import plain_headers
from crps.stack.upstream import Upstream

from . import deal
from .deal import ARRIVED, BANK, COMMANDS, DUE, FUNDS, OFFER, ORDERS, PLACED, RELEASE
from .play import PARTITIONS, Headers

Verdict = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Aim:
    """At whom a record is aimed, by whom, and under which id."""

    victim: UUID
    fresh: UUID
    upstream: Upstream
    stranger: Upstream
    message_id: str
    partition: int


@dataclass(frozen=True, slots=True)
class Bad:
    """One bad record, exactly as it is appended."""

    topic: str
    value: bytes | None
    headers: Headers
    key: bytes | None
    partition: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the catalogue."""

    name: str
    build: Callable[[Aim], Bad]
    verdict: Verdict


def refused(code: str) -> Verdict:
    return ("refused", code)


def dead(code: str) -> Verdict:
    return ("dead", code)


def placed(aim: Aim, *, data: Any = None, wire_type: str = PLACED, **changes: Any) -> Bad:
    """An order for ``fresh``; ``changes`` go into its terms."""
    body = deal.order(**changes) if data is None else data
    return _signed(aim, ORDERS, aim.fresh, wire_type, body, aim.upstream)


def command(
    aim: Aim,
    data: Any = None,
    *,
    wire_type: str = RELEASE,
    contract_id: UUID | None = None,
    upstream: Upstream | None = None,
) -> Bad:
    """A command on ``victim``, or on ``contract_id``."""
    body = deal.release() if data is None else data
    target = contract_id or aim.victim
    return _signed(aim, COMMANDS, target, wire_type, body, upstream or aim.upstream)


def report(aim: Aim, data: Any, wire_type: str = FUNDS) -> Bad:
    """A bank's report on ``victim``."""
    value = deal.message(aim.victim, wire_type, data, aim.message_id)
    key = str(aim.victim).encode()
    return Bad(BANK, value, tuple(plain_headers(wire_type)), key, aim.partition)


def funds(amount: Any = "1", asset: Any = "CNY/2") -> dict[str, Any]:
    """The data of a receipt."""
    return {
        "receipt": "receipt-of-nobody",
        "money": {"amount": amount, "asset": asset},
        "account": "auto-payer-1",
    }


def _signed(
    aim: Aim, topic: str, contract_id: UUID, wire_type: str, data: Any, upstream: Upstream
) -> Bad:
    value = deal.message(contract_id, wire_type, data, aim.message_id)
    headers = deal.headers(wire_type, value, upstream)
    return Bad(topic, value, headers, str(contract_id).encode(), aim.partition)


def with_bytes(bad: Bad, value: bytes | None, aim: Aim) -> Bad:
    """The record with other bytes, well signed if its topic asks for it."""
    wire_type = dict(bad.headers)["type"] or b""
    headers = bad.headers
    if bad.topic != BANK:
        headers = deal.headers(wire_type.decode(), value or b"", aim.upstream)
    return replace(bad, value=value, headers=headers)


def with_header(bad: Bad, name: str, value: bytes | None) -> Bad:
    """The record with another value of one header."""
    return replace(bad, headers=tuple((n, value if n == name else v) for n, v in bad.headers))


def without_header(bad: Bad, name: str) -> Bad:
    """The record without one header."""
    return replace(bad, headers=tuple((n, v) for n, v in bad.headers if n != name))


def reworded(bad: Bad, old: str, new: str, aim: Aim) -> Bad:
    """The record with one piece of its text changed, as no JSON writer would."""
    text = (bad.value or b"").decode()
    assert old in text
    return with_bytes(bad, text.replace(old, new, 1).encode(), aim)


def elsewhere(bad: Bad) -> Bad:
    """The record in the partition beside the right one."""
    return replace(bad, partition=(bad.partition + 1) % PARTITIONS)


def _tranche(amount: Any) -> list[dict[str, Any]]:
    return [{"amount": amount, "period": {"unit": "exact", "duration_ms": 3_600_000}}]


def _due() -> dict[str, Any]:
    return {"timer": "chain", "tranche": 1, "generation": 1, "due_at": deal.instant()}


def _unsigned(aim: Aim, bad: Bad) -> Bad:
    return replace(bad, headers=tuple(plain_headers(DUE)))


def _any_topic(name: str, make: Callable[[Aim], Bad], dead_schema: str) -> list[Entry]:
    """What is bad in the same way on every topic."""
    return [
        Entry(f"{name}: not JSON", lambda a: with_bytes(make(a), b"not json", a),
              dead(dead_schema)),
        Entry(f"{name}: nothing", lambda a: with_bytes(make(a), None, a), dead(dead_schema)),
        Entry(
            f"{name}: nested without end",
            lambda a: with_bytes(make(a), b"[" * 60_000, a),
            dead(dead_schema),
        ),
        Entry(
            f"{name}: a NUL where the error would quote it",
            lambda a: reworded(make(a), '"subject": "', '"subject": "\\u0000', a),
            dead(dead_schema),
        ),
        Entry(
            f"{name}: 1 MB", lambda a: with_bytes(make(a), b"x" * 1_000_000, a), dead("TOO_LARGE")
        ),
        Entry(
            f"{name}: a header that is not UTF-8",
            lambda a: with_header(make(a), "type", b"\xff\xfe"),
            dead("HEADER_INVALID"),
        ),
        Entry(f"{name}: no key", lambda a: replace(make(a), key=None), dead("KEY_INVALID")),
        Entry(f"{name}: another key", lambda a: replace(make(a), key=b"o-1"), dead("KEY_INVALID")),
        Entry(
            f"{name}: the key in capitals",
            lambda a: replace(make(a), key=(make(a).key or b"").upper()),
            dead("KEY_INVALID"),
        ),
        Entry(
            f"{name}: as large as the broker takes, most of it key",
            # With what a dead letter adds, it would be a row that can never be sent.
            lambda a: replace(make(a), key=b"k" * 800_000, value=b"v" * 248_300, headers=()),
            dead("KEY_INVALID"),
        ),
        Entry(
            f"{name}: an unknown type",
            lambda a: with_header(make(a), "type", b"crps.money.taken.v1"),
            dead("TYPE_UNKNOWN"),
        ),
    ]  # fmt: skip


def _any_signed(name: str, make: Callable[[Aim], Bad]) -> list[Entry]:
    """What is bad in the same way on every party-writable topic."""
    return [
        Entry(
            f"{name}: a wrong HMAC",
            lambda a: with_header(make(a), "crps-hmac", b"0" * 64),
            dead("HMAC_INVALID"),
        ),
        Entry(
            f"{name}: no upstream",
            lambda a: without_header(make(a), "crps-upstream"),
            dead("UPSTREAM_MISSING"),
        ),
        Entry(
            f"{name}: an upstream without a key",
            lambda a: with_header(make(a), "crps-upstream", b"nobody"),
            dead("UPSTREAM_UNKNOWN"),
        ),
        Entry(f"{name}: the wrong partition", lambda a: elsewhere(make(a)),
              refused("WRONG_PARTITION")),
        Entry(
            f"{name}: another contract's key",
            lambda a: replace(make(a), key=str(_other(a, make(a))).encode()),
            refused("MALFORMED"),
        ),
        Entry(
            f"{name}: a name twice",
            lambda a: reworded(make(a), '"party": "', '"party": "p-0", "party": "', a),
            refused("MALFORMED"),
        ),
    ]  # fmt: skip


def _other(aim: Aim, bad: Bad) -> UUID:
    return aim.fresh if bad.key == str(aim.victim).encode() else aim.victim


ORDER_ENTRIES = [
    *_any_topic("order", placed, "ENVELOPE_INVALID"),
    *_any_signed("order", placed),
    Entry("order: no terms", lambda a: placed(a, data={"order_id": "o"}), refused("MALFORMED")),
    Entry("order: an unknown clause", lambda a: placed(a, surprise=1), refused("MALFORMED")),
    Entry(
        "order: a clause whose name is 50 KB",
        lambda a: placed(a, data=deal.order(**{"x" * 50_000: 1})),
        refused("MALFORMED"),
    ),
    Entry("order: unknown currency", lambda a: placed(a, asset="ZZZ/2"),
          refused("CURRENCY_UNKNOWN")),
    Entry("order: wrong exponent", lambda a: placed(a, asset="CNY/3"), refused("EXPONENT_WRONG")),
    *(
        Entry(
            f"order: amount {amount!r}",
            lambda a, amount=amount: placed(a, tranches=_tranche(amount)),  # type: ignore[misc]
            refused("AMOUNT_INVALID"),
        )
        for amount in (1.5, -1, "-1", "1.5", "0", "1e3", True, None)
    ),
    Entry("order: no period", lambda a: placed(a, tranches=[
        {"amount": "1", "period": {"unit": "exact", "duration_ms": 0}}]),
        refused("PERIOD_INVALID")),
    Entry(
        "order: a stranger's, on another's contract",
        lambda a: _signed(a, ORDERS, a.victim, PLACED, deal.order(), a.stranger),
        refused("NOT_A_PARTY"),
    ),
]  # fmt: skip

COMMAND_ENTRIES = [
    *_any_topic("command", command, "ENVELOPE_INVALID"),
    *_any_signed("command", command),
    Entry("command: no party", lambda a: command(a, {"amount": "ALL"}), refused("MALFORMED")),
    Entry("command: an unknown field", lambda a: command(a, {**deal.release(), "x": 1}),
          refused("MALFORMED")),
    Entry(
        "command: a field whose name is 50 KB",
        lambda a: command(a, {**deal.release(), "x" * 50_000: 1}),
        refused("MALFORMED"),
    ),
    Entry(
        "command: a stranger's offer with a clause whose name is 50 KB",
        lambda a: command(
            a, deal.order(**{"x" * 50_000: 1}), wire_type=OFFER, upstream=a.stranger
        ),
        refused("MALFORMED"),
    ),
    Entry("command: a stranger's release", lambda a: command(a, upstream=a.stranger),
          refused("NOT_A_PARTY")),
    Entry("command: nobody's release", lambda a: command(a, deal.release(party="p-0")),
          refused("NOT_A_PARTY")),
    Entry("command: the payee's release", lambda a: command(a, deal.release(party=deal.PAYEE)),
          refused("WRONG_ROLE")),
    Entry("command: an unknown contract", lambda a: command(a, contract_id=a.fresh),
          refused("UNKNOWN_CONTRACT")),
    *(
        Entry(
            f"command: {amount!r} {asset}",
            lambda a, m={"amount": amount, "asset": asset}: command(a, deal.release(m)),  # type: ignore[misc]
            refused(code),
        )
        for amount, asset, code in [
            ("1", "ZZZ/2", "CURRENCY_UNKNOWN"),
            ("1", "CNY/3", "EXPONENT_WRONG"),
            ("1", "USD/2", "CURRENCY_MISMATCH"),
            (1.5, "CNY/2", "AMOUNT_INVALID"),
            (1, "CNY/2", "AMOUNT_INVALID"),
            (-1, "CNY/2", "AMOUNT_INVALID"),
            ("-1", "CNY/2", "AMOUNT_INVALID"),
            ("+1", "CNY/2", "AMOUNT_INVALID"),
            ("0", "CNY/2", "AMOUNT_INVALID"),
            ("1" * 19, "CNY/2", "AMOUNT_INVALID"),
            ("10001", "CNY/2", "INSUFFICIENT_REMAINDER"),
        ]
    ),
    Entry(
        "command: a number beyond every format",
        lambda a: reworded(
            command(a, deal.release({"amount": "HERE", "asset": "CNY/2"})), '"HERE"', "1e309", a
        ),
        refused("AMOUNT_INVALID"),
    ),
    Entry(
        "command: NaN",
        lambda a: command(a, deal.release({"amount": float("nan"), "asset": "CNY/2"})),
        refused("MALFORMED"),
    ),
    Entry(
        "due: unsigned, but of another type inside",
        lambda a: _unsigned(a, command(a)),
        dead("SCHEMA_INVALID"),
    ),
    Entry(
        "due: in the wrong partition",
        lambda a: elsewhere(_unsigned(a, command(a, _due(), wire_type=DUE))),
        dead("WRONG_PARTITION"),
    ),
]  # fmt: skip

REPORT_ENTRIES = [
    *_any_topic("report", lambda a: report(a, funds()), "SCHEMA_INVALID"),
    Entry("report: no receipt", lambda a: report(a, {"money": {}, "account": "a"}),
          dead("SCHEMA_INVALID")),
    Entry(
        "report: a name twice",
        lambda a: reworded(report(a, funds()), '"receipt"', '"receipt": "r-0", "receipt"', a),
        dead("SCHEMA_INVALID"),
    ),
    Entry(
        "report: another contract's key",
        lambda a: replace(report(a, funds()), key=str(a.fresh).encode()),
        dead("ENVELOPE_CONTRADICTS"),
    ),
    Entry(
        "report: an instruction nobody issued",
        lambda a: report(
            a,
            {"instruction_id": str(a.fresh), "attempt": 1, "money": funds()["money"]},
            ARRIVED,
        ),
        dead("INSTRUCTION_UNKNOWN"),
    ),
    *(
        Entry(
            f"report: {amount!r} {asset}",
            lambda a, m=(amount, asset): report(a, funds(*m)),  # type: ignore[misc]
            dead(code),
        )
        for amount, asset, code in [
            ("1", "ZZZ/2", "CURRENCY_UNKNOWN"),
            ("1", "CNY/3", "EXPONENT_WRONG"),
            (1.5, "CNY/2", "AMOUNT_INVALID"),
            (1, "CNY/2", "AMOUNT_INVALID"),
            ("-1", "CNY/2", "AMOUNT_INVALID"),
            ("0", "CNY/2", "AMOUNT_INVALID"),
        ]
    ),
]  # fmt: skip

CATALOGUE = [*ORDER_ENTRIES, *COMMAND_ENTRIES, *REPORT_ENTRIES]
