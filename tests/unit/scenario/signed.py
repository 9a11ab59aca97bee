"""A deal in memory whose parties sign: letters of the scenario runner, sent one by one."""

import json
from typing import Any

from crps.scenario.acts import Acts
from crps.scenario.deal import Deal, digest_of
from crps.scenario.letters import Letter, Writer
from crps.scenario.memory_stage import MemoryStage
from crps.scenario.script import Step
from crps.scenario.signatures import signed
from crps.scenario.stage import Sent
from crps.scenario.words import Came

FIELDS = {"back": "return"}


class SignedDeal:
    """100.00 for 120 hours, extensions of 48 hours; every act signed by its party."""

    def __init__(self, *, title: str = "A signed deal", signatures: str = "required") -> None:
        self.deal = Deal.model_validate(
            {
                "asset": "CNY/2",
                "tranches": [{"amount": "10000", "period": {"hours": 120}}],
                "caps": {"extend_hours": 48},
                "signatures": signatures,
            }
        )
        self.writer = Writer(title)
        self.stage = MemoryStage(str(self.writer.contract_id), self.deal.starts, bank_answers=True)
        self.acts = Acts(self.deal, self.writer, self.stage)
        self.sent = 0
        self.last: Letter

    async def take_effect(self) -> None:
        for letter in (
            self.acts.order(),
            *self.acts.signed_acceptances(),
            self.acts.payment(),
        ):
            await self.stage.post(letter)
        assert self.stage.view.state == "EFFECTIVE"

    def bare(self, action: str, **said: Any) -> Letter:
        """An act as it is before anybody signs it."""
        self.sent += 1
        step = Step.model_validate({FIELDS.get(action, action): said})
        return self.acts.write(action, f"act-{self.sent}", getattr(step, action))

    def own(self, action: str, **said: Any) -> Letter:
        """An act as its party signs it."""
        return signed(self.bare(action, **said), said["by"])

    async def act(self, action: str, **said: Any) -> Sent:
        """Send an act, which must be applied."""
        make = self.own if self.deal.signatures == "required" else self.bare
        self.last = make(action, **said)
        sent = await self.stage.post(self.last)
        assert self.stage.came_of(sent) == Came("applied"), self.stage.came_of(sent)
        return sent

    def order_with_acceptances(self) -> bytes:
        """The order's bytes as they would be if the upstream accepted for both."""
        order = json.loads(self.acts.order().value)
        terms = order["data"]["terms"]
        order["data"]["acceptances"] = [
            {
                "party": party,
                "terms_version": 1,
                "terms_digest": digest_of(terms),
                "consent": "subjective_and_automatic",
            }
            for party in ("payer", "payee")
        ]
        return json.dumps(order).encode()
