"""Plays one scenario, step by step, and says the first thing that is not as it expects."""

from dataclasses import dataclass
from typing import Final

from crps.scenario.acts import Acts
from crps.scenario.judging import Difference, answer_differs, first_difference
from crps.scenario.letters import Letter, Writer
from crps.scenario.script import Scenario, Step
from crps.scenario.signatures import PARTIES, signed, unsigned
from crps.scenario.stage import Sent, Stage
from crps.scenario.words import NotYetKnownError

NOT_YET_KNOWN: Final = "NOT_YET_KNOWN"


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a scenario failed: ``step`` from 1, or ``terms``, ``start``, ``finally``."""

    step: int | str
    expected: str
    found: str

    @property
    def is_unknown_yet(self) -> bool:
        """Whether it failed only because the services lack something of SCENARIOS.md."""
        return self.found.startswith(NOT_YET_KNOWN)


async def play(scenario: Scenario, writer: Writer, stage: Stage) -> Failure | None:
    """Return where the scenario failed; None if everything in it held.

    ``writer`` writes of the contract whose ``stage`` it is.
    """
    player = _Player(scenario, writer, stage)
    try:
        await player.play()
    except _Failed as failed:
        return Failure(player.at, *failed.difference)
    except NotYetKnownError as error:
        return Failure(player.at, "what SCENARIOS.md says", f"{NOT_YET_KNOWN} {error}")
    except Exception as error:  # A defect of a service fails the scenario that found it.
        return Failure(player.at, "that it can be played", f"{type(error).__name__}: {error}")
    return None


class _Failed(Exception):
    def __init__(self, difference: Difference) -> None:
        self.difference = difference


class _Player:
    """One play."""

    def __init__(self, scenario: Scenario, writer: Writer, stage: Stage) -> None:
        self.at: int | str = "terms"
        """What is being played."""
        self._scenario = scenario
        self._stage = stage
        self._start = scenario.terms.starts
        self._writer = writer
        self._sent: dict[str, Sent] = {}

    async def play(self) -> None:
        """Play all; raises ``_Failed`` at the first difference."""
        await self._stage.move_to(self._start)
        acts = Acts(self._scenario.terms, self._writer, self._stage)
        if all(step.offer is None for step in self._scenario.steps):
            await self._take_effect(acts)
        for number, step in enumerate(self._scenario.steps, 1):
            self.at = number
            await self._play(acts, step, str(number))
        self.at = "finally"
        _demand(first_difference(self._stage, self._scenario.last, self._sent))

    async def _take_effect(self, acts: Acts) -> None:
        self.at = "start"
        stage = self._stage
        sent = [await stage.post(each) for each in (acts.order(), *acts.signed_acceptances())]
        if stage.view.state != "ACCEPTED":
            found = stage.came_of(sent[0])
            raise _Failed(Difference("terms that take effect, or an offer step", str(found)))
        await stage.post(acts.payment())

    async def _play(self, acts: Acts, step: Step, number: str) -> None:
        stage = self._stage
        if step.at is not None:
            instant = (stage.effective_at or self._start) + step.at
            if instant < stage.now:
                raise _Failed(Difference("time that does not fall", f"{step.at} is past"))
            await stage.move_to(instant)
        sent = await self._act(acts, step, number)
        if sent is not None and step.id is not None:
            self._sent[step.id] = sent
        if step.expect is not None:
            if sent is None:
                raise _Failed(Difference(str(step.expect), f"{step.action} has no answer"))
            _demand(answer_differs(step.expect, stage.came_of(sent)))
        _demand(first_difference(stage, step, self._sent))
        if self._scenario.bank == "auto" and (breach := stage.broken()):
            raise _Failed(Difference("the invariants I0 to I4", breach))

    async def _act(self, acts: Acts, step: Step, number: str) -> Sent | None:
        """Do what the step says; return what it sent, if that is how it is done."""
        stage = self._stage
        if step.pause is not None:
            await stage.pause(step.pause)
        elif step.resume is not None:
            await stage.resume(step.resume)
        elif step.again is not None:
            return await stage.post(self._signed(self._letter(step.again), step))
        elif step.wait is None:
            message_id = None if step.same_id is None else self._letter(step.same_id).id
            letter = acts.write(step.action, message_id or number, step.said)
            return await stage.post(self._signed(letter, step))
        await stage.rest()
        return None

    def _signed(self, letter: Letter, step: Step) -> Letter:
        """Return the letter as its party signs it where that is demanded, or as said.

        A ruling is always signed. Raw bytes, and what is sent once more, stay as they are.
        """
        if step.unsigned:
            return unsigned(letter)
        if step.signed_by is not None:
            return signed(letter, step.signed_by)
        if step.rule is not None:
            return signed(letter, step.rule.by)
        is_theirs = step.raw is None and step.again is None and letter.party in PARTIES
        if is_theirs and self._scenario.terms.signatures == "required":
            return signed(letter, str(letter.party))
        return letter

    def _letter(self, step_id: str) -> Letter:
        if step_id not in self._sent:
            raise _Failed(Difference(f"a message of the step {step_id}", "it sent none"))
        return self._sent[step_id].letter


def _demand(difference: Difference | None) -> None:
    if difference is not None:
        raise _Failed(difference)
