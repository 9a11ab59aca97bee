"""A scenario file as a whole: its steps, one action each, and what is expected of them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from crps.scenario.deal import Deal
from crps.scenario.words import Expected, Instant, Length, Minor, Party, Strict

TrancheName = StrictInt | StrictStr
StepId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
Service = Literal["contracts", "disputes", "ledger", "scheduler"]
State = Literal[
    "OFFERED", "ACCEPTED", "EFFECTIVE", "ATTRIBUTED", "CLOSED", "DECLINED", "OFFER_LAPSED"
]  # fmt: skip


# --- actions ------------------------------------------------------------------------------------


class By(Strict):
    """Who does it."""

    by: Party


class Accept(By):
    """Acceptance, of the terms on offer and with consent unless said otherwise."""

    terms_digest: Literal["other"] | None = None
    consent: bool = True


class Fund(Strict):
    """The bank reports money that came in."""

    amount: Any
    asset: Any = None
    account: Literal["payer", "payee", "stranger"] = "payer"
    receipt: str | None = None


class ByTranche(By):
    """An act that may name its tranche."""

    tranche: TrancheName | None = None


class Move(ByTranche):
    """Release or return."""

    amount: Any = None
    all: Literal[True] | None = None
    to_total: Any = None
    expected_remaining: Any = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if len(self.model_fields_set & {"amount", "all", "to_total"}) != 1:
            raise ValueError("give exactly one of amount, all and to_total")
        return self


class MoveDeadline(ByTranche):
    """``to`` counts from effectiveness."""

    to: Length


class OpenDispute(ByTranche):
    """``claim``: all of the tranche that the payer should end with."""

    claim: Any


class LowerClaim(ByTranche):
    """``total``: all of the tranche that this party should end with."""

    total: Any


class NameProposal(ByTranche):
    """``id``: what its maker called it; the step of this name need not be its own."""

    id: StrictStr


class Propose(NameProposal):
    """``until`` counts from effectiveness."""

    to_payee: Any
    to_payer: Any
    until: Length


class Rule(ByTranche):
    """``payee_total``: all of the tranche that the payee should end with."""

    payee_total: Any


class Report(Strict):
    """What a bank that is played by hand says of the n-th instruction."""

    instruction: Annotated[int, Field(strict=True, ge=1)] | Literal["none"]
    report: Literal[
        "acknowledged", "accepted", "settled", "arrived", "rejected", "returned", "unknown",
        "rail_returned",
    ]  # fmt: skip
    attempt: Annotated[int, Field(strict=True, ge=1)] | None = None
    reason: str | None = None
    amount: Any = None


class Wait(Strict):
    """Nothing but time passes."""


class ForgeDue(Strict):
    """A due message written by hand."""

    tranche: TrancheName = 1
    generation: Annotated[int, Field(strict=True, ge=1)] | None = None
    of: Literal["dispute"] | None = None


class Raw(Strict):
    """Any bytes; ``$contract`` in key and body stands for the contract id."""

    topic: str
    body: StrictStr | bytes | dict[str, Any]
    key: str | None = None
    partition: Annotated[int, Field(strict=True, ge=0)] | None = None
    headers: dict[str, str] | None = None


# --- steps --------------------------------------------------------------------------------------


class InstructionExpected(Strict):
    """An instruction; only what is named is compared."""

    settle: Minor | None = None
    back: Annotated[Minor | None, Field(alias="return")] = None
    kind: Literal["subjective", "automatic"] | None = None
    cause: str | None = None
    status: str | None = None

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if (self.settle is None) == (self.back is None):
            raise ValueError("give exactly one of settle and return")
        return self


class Buckets(Strict):
    """Whose the money is; only what is named is compared."""

    free: Minor | None = None
    contested: Minor | None = None
    payee: Minor | None = None
    payer: Minor | None = None


class Expectations(Strict):
    """What must be so once all services are quiet; ``finally`` has just these."""

    answers: Mapping[str, Expected] | None = None
    buckets: Buckets | list[Buckets] | None = None
    state: State | None = None
    deadline: Instant | list[Instant] | None = None
    instructions: list[InstructionExpected] | None = None


class Step(Expectations):
    """One action, when it happens, and what is expected of it."""

    at: Length | None = None
    id: StepId | None = None
    same_id: str | None = None
    unsigned: bool = False
    signed_by: Party | None = None
    expect: Expected | None = None

    offer: By | None = None
    accept: Accept | None = None
    decline: By | None = None
    fund: Fund | None = None
    release: Move | None = None
    back: Annotated[Move | None, Field(alias="return")] = None
    extend: MoveDeadline | None = None
    advance: MoveDeadline | None = None
    dispute: OpenDispute | None = None
    claim: LowerClaim | None = None
    propose: Propose | None = None
    accept_proposal: NameProposal | None = None
    withdraw_proposal: NameProposal | None = None
    rule: Rule | None = None
    bank: Report | None = None
    revoke: By | None = None
    wait: Wait | None = None
    again: str | None = None
    pause: Service | None = None
    resume: Service | None = None
    forge_due: ForgeDue | None = None
    raw: Raw | None = None

    # Of SCENARIOS.md, but of nothing that the services can do yet.
    freeze: dict[str, Any] | None = None
    lift: dict[str, Any] | None = None
    remove: dict[str, Any] | None = None
    replace_account: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        named = sorted(self.model_fields_set & _ACTIONS)
        if len(named) != 1:
            raise ValueError(f"give exactly one action; found {', '.join(named) or 'none'}")
        if getattr(self, named[0]) is None:
            raise ValueError("an action without fields is written {}")
        if self.unsigned and self.signed_by is not None:
            raise ValueError("a step is unsigned or signed_by somebody, not both")
        return self

    @property
    def action(self) -> str:
        """The name of what is done, as the attribute is called."""
        return next(iter(self.model_fields_set & _ACTIONS))

    @property
    def said(self) -> Any:
        """The action's fields."""
        return getattr(self, self.action)


_NO_ACTIONS: Final = {*Expectations.model_fields, "at", "id", "same_id", "unsigned", "signed_by",
                      "expect"}  # fmt: skip
_ACTIONS: Final = frozenset(Step.model_fields) - _NO_ACTIONS


class Scenario(Strict):
    """A whole file."""

    scenario: Annotated[StrictStr, Field(min_length=1)]
    terms: Deal
    steps: Annotated[list[Step], Field(min_length=1)]
    last: Annotated[Expectations, Field(alias="finally")] = Expectations()
    bank: Literal["auto", "manual"] = "auto"

    @model_validator(mode="after")
    def _names_known(self) -> Self:
        known: set[str] = set()
        for number, step in enumerate(self.steps, 1):
            named = {step.again, step.same_id, *(step.answers or ())} - {None, step.id}
            if unknown := sorted(str(name) for name in named if name not in known):
                raise ValueError(f"step {number} names the step {unknown[0]}, not one before it")
            if step.id in known:
                raise ValueError(f"step {number} has the id of an earlier one: {step.id}")
            if step.id is not None:
                known.add(step.id)
            if step.bank is not None and self.bank == "auto":
                raise ValueError(f"step {number}: bank reports need the top-level bank: manual")
        if unknown := sorted(set(self.last.answers or ()) - known):
            raise ValueError(f"finally names the step {unknown[0]}, which there is not")
        return self
