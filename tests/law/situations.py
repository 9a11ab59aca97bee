"""The states a deal can be in, by name: each is made by messages, so that none is invented."""

from collections.abc import Callable
from dataclasses import replace

from .asking import (
    Accept,
    Act,
    Agree,
    Books,
    Decline,
    Due,
    Lower,
    Open,
    Propose,
    Receipt,
    Revoke,
    Shift,
    Withdraw,
)
from .deal import HOUR, Terms
from .stage import Stage

TERMS = Terms(
    amounts=(4, 3),
    periods=(10 * HOUR, 20 * HOUR),
    acts=2,
    extend=5 * HOUR,
    advance=5 * HOUR,
    dispute_period=30 * HOUR,
    silence_rule=False,
    ending=5_000,
)
EXTERNAL = replace(TERMS, ruling=48 * HOUR)
SHARES = {"p": {"payee": 4, "payer": 0}, "q": {"payee": 2, "payer": 2}}
"""What the payer and the payee propose of the 4 that are contested."""
Build = Callable[[Terms], Stage]


def _after(*messages: Callable[[Stage], object]) -> Build:
    def build(terms: Terms) -> Stage:
        stage = Stage(terms).effective()
        for message in messages:
            message(stage)
        stage.disputes_read()
        return stage

    return build


def _act(to: str, amount: int | str, tranche: int | None = 1) -> Callable[[Stage], object]:
    signer = "payer" if to == "payee" else "payee"
    return lambda s: s.command(Act(s.by(signer), to, amount, tranche=tranche))


def _open(claim: int) -> Callable[[Stage], object]:
    return lambda s: s.command(Open(s.by("payer"), claim, 1))


def _lower(by: str, claim: int) -> Callable[[Stage], object]:
    return lambda s: (s.disputes_read(), s.command(Lower(s.by(by), claim, 1)))


def _concede_nothing(stage: Stage) -> None:
    _lower("payee", stage.terms.amounts[0])(stage)


def _shift(by: str, to: int) -> Callable[[Stage], object]:
    return lambda s: s.command(Shift(s.by(by), by, to, 1))


def _propose(by: str, name: str) -> Callable[[Stage], object]:
    def propose(stage: Stage) -> None:
        stage.disputes_read()
        asker = replace(stage.by(by), id=f"made {name}")
        shares = SHARES[name]["payee"], SHARES[name]["payer"]
        heard = stage.command(Propose(asker, name, *shares, 29 * HOUR, 1))
        assert heard.outcome == "applied"

    return propose


def _answer(kind: type[Agree | Withdraw], by: str, name: str) -> Callable[[Stage], object]:
    return lambda s: s.command(kind(s.by(by), name, 1))


def _clock(t: int) -> Callable[[Stage], object]:
    """Let the deadlines up to ``t`` be announced."""

    def announce(stage: Stage) -> None:
        stage.at["contracts"] = stage.at["disputes"] = stage.now = t
        deal = stage.law.deal
        stage.disputes_read()
        for tranche in deal.tranches:
            stage.due(Due("chain", tranche.number, tranche.generation), "contracts")
            stage.due(Due("dispute", tranche.number), "disputes")

    return announce


def _read(stage: Stage) -> None:
    stage.contracts_read()


def _decline(stage: Stage) -> None:
    stage.command(Decline(stage.by("payee")))


def _revoke(by: str) -> Callable[[Stage], object]:
    return lambda s: s.command(Revoke(s.by(by)))


def _offered(accepted: int, *messages: Callable[[Stage], object]) -> Build:
    def build(terms: Terms) -> Stage:
        stage = Stage(terms).offered(accepted)
        for message in messages:
            message(stage)
        stage.disputes_read()
        return stage

    return build


def _lapse(stage: Stage) -> None:
    stage.at["contracts"] = stage.now = stage.law.deal.expires
    stage.due(Due("offer"), "contracts")


STATES: dict[str, Build] = {
    "unknown": Stage,
    "on offer": _offered(0),
    "accepted by one": _offered(1),
    "accepted by both": _offered(2),
    "accepted by both, funded in part": _offered(2, lambda s: s.receive(Receipt("r0", 1))),
    "funded, accepted by one": _offered(
        1,
        lambda s: s.receive(Receipt("r0", s.terms.total)),
    ),
    "accepted in two steps": _offered(
        1,
        lambda s: s.command(Accept(s.by("payee"))),
    ),
    "declined": _offered(1, _decline),
    "lapsed": _offered(2, _lapse),
    "revoked by one, then declined": _offered(1, _revoke("payee"), _decline),
    "revoked by both, then lapsed": _offered(2, _revoke("payer"), _revoke("payee"), _lapse),
    "revoked before the last acceptance": _offered(
        1,
        _revoke("payee"),
        lambda s: s.receive(Receipt("r0", s.terms.total)),
        lambda s: s.command(Accept(s.by("payee"))),
    ),
    "effective": _after(),
    "effective, revoked by one": _after(_revoke("payer")),
    "released in part": _after(_act("payee", 2)),
    "returned in part": _after(_act("payer", 2)),
    "acts spent": _after(_act("payee", 1), _act("payee", 1), _act("payer", 1)),
    "one tranche released": _after(_act("payee", "ALL")),
    "extended": _after(_shift("payee", 12 * HOUR)),
    "advanced": _after(_shift("payer", 8 * HOUR)),
    "all released": _after(_act("payee", "ALL", None)),
    "closed": _after(_act("payee", "ALL", None), lambda s: s.books(Books(empty=True))),
    "disputed": _after(_open(4)),
    "disputed with an admission": _after(_open(2)),
    "answered": _after(_open(4), _lower("payee", 2)),
    "answered, conceding nothing": _after(_open(4), _concede_nothing),
    "settled, not read by contracts": _after(_open(4), _lower("payer", 0)),
    "settled": _after(_open(4), _lower("payer", 0), _read),
    "settled, all released": _after(
        _open(4), _lower("payer", 0), _read, _act("payee", "ALL", None)
    ),
    "one arrived": _after(_clock(10 * HOUR)),
    "one released in part, then arrived": _after(_act("payee", 2), _clock(10 * HOUR)),
    "all arrived": _after(_clock(20 * HOUR)),
    "dispute ended by its clause": _after(_open(4), _clock(30 * HOUR), _read),
}

PROPOSED: dict[str, Build] = {
    "proposed by the payer": _after(_open(4), _propose("payer", "p")),
    "proposed by the payee": _after(_open(4), _propose("payee", "q")),
    "proposed by both": _after(_open(4), _propose("payer", "p"), _propose("payee", "q")),
    "answered, and proposed by both": _after(
        _open(4), _concede_nothing, _propose("payer", "p"), _propose("payee", "q")
    ),
    "proposed by both, then less contested": _after(
        _open(4), _propose("payer", "p"), _propose("payee", "q"), _lower("payer", 2)
    ),
    "proposed, then withdrawn": _after(
        _open(4), _propose("payer", "p"), _answer(Withdraw, "payer", "p")
    ),
    "accepted of two proposals": _after(
        _open(4), _propose("payer", "p"), _propose("payee", "q"), _answer(Agree, "payer", "q")
    ),
}
DISPUTED = {name: b for name, b in STATES.items() if name.startswith(("disputed", "answered"))}
DISPUTED |= PROPOSED


def boundaries(stage: Stage, topic: str) -> list[int]:
    """Now on that topic, and each instant to come that ends something."""
    now, deal = stage.at[topic], stage.law.deal
    known = [deal.expires] if deal and deal.on_offer else []
    if deal and deal.effective_at is not None:
        known += [t.deadline for t in deal.tranches if topic == "contracts"]
        disputes = [t.dispute for t in deal.tranches if t.dispute and topic == "disputes"]
        known += [x.deadline + later for x in disputes for later in (0, deal.terms.ruling or 0)]
        known += [made.expires for x in disputes for made in x.proposals.values()]
    return sorted({now, *(x for x in known if x > now)})
