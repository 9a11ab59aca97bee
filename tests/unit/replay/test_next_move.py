"""In every state the events tell who holds the next move, until when, and what happens else."""

from datetime import datetime
from pathlib import Path

import pytest

from crps.next_move import NextMove, next_moves
from crps.scenario.letters import Writer
from crps.scenario.memory_stage import MemoryStage
from crps.scenario.play import play
from crps.scenario.reading import read_scenario
from schemas.values import written

SAMPLES = Path("samples/scenarios")
FINAL = {"CLOSED", "DECLINED", "OFFER_LAPSED", "UNKNOWN"}
PLAYED = (
    "act-release-and-return",
    "bank-reports-in-any-order",
    "deadline-extended",
    "dispute-of-several-tranches",
    "dispute-silence",
    "offer-accepted-by-one-then-the-other",
    "offer-declined",
    "offer-lapses-unfunded",
    "proposal-breaks-the-silence",
    "ruling-after-the-dispute-deadline",
    "ruling-and-silence",
    "tranches-arrive-one-by-one",
)


class Watched(MemoryStage):
    """A stage that asks at every rest who can move."""

    def __init__(self, file: Path) -> None:
        self.scenario = read_scenario(file)
        self.writer = Writer(self.scenario.scenario)
        contract_id, starts = str(self.writer.contract_id), self.scenario.terms.starts
        super().__init__(contract_id, starts, bank_answers=self.scenario.bank == "auto")
        self.told: list[tuple[str, NextMove]] = []
        """State and next moves, each once, in time."""

    async def rest(self) -> None:
        await super().rest()
        self.view.instructions = [
            {"status": row["status"], "latest_execution_by": written(row["latest_execution_by"])}
            for row in self.instructions
        ]
        moves = next_moves(self.view, self.now)
        assert moves or self.view.state in FINAL, self.view.state
        assert all(self.now < datetime.fromisoformat(move.until) for move in moves), moves
        timers = self.world.services["scheduler"].database["timer"]
        waiting = {written(row["due_at"]) for row in timers if row["waiting"]}
        parties = [move for move in moves if move.who != ("bank",)]
        for tranche in {move.tranche for move in parties}:
            # Of a ruling the timer stands at the end of claims or at the bound, not at both.
            assert waiting & {move.until for move in parties if move.tranche == tranche}, moves
        self.told += [told for move in moves if (told := (self.view.state, move)) not in self.told]


async def played(name: str) -> list[tuple[str, NextMove]]:
    stage = Watched(SAMPLES / f"{name}.yaml")
    assert await play(stage.scenario, stage.writer, stage) is None
    return stage.told


@pytest.mark.parametrize("name", PLAYED)
async def test_whatever_is_not_final_waits_for_somebody_until_an_instant_to_come(name: str) -> None:
    assert all(move.who for _, move in await played(name))


WAITS = {
    "offer-accepted-by-one-then-the-other": [
        "OFFERED: the payer or the payee, else the offer lapses at 2026-01-06",
        "OFFERED: the payer, else the offer lapses at 2026-01-06",
        "ACCEPTED: the payer, else the offer lapses at 2026-01-06",
        "EFFECTIVE: the payer or the payee, else what is free arrives at 2026-01-10",
    ],
    "dispute-silence": [
        "ACCEPTED: the payer, else the offer lapses at 2026-01-06",
        "EFFECTIVE: the payer or the payee, else what is free arrives at 2026-01-10",
        "EFFECTIVE: the payee, else the payee loses what is contested at 2026-01-09",
    ],
    "ruling-after-the-dispute-deadline": [
        "ACCEPTED: the payer, else the offer lapses at 2026-01-06",
        "EFFECTIVE: the payer or the payee, else what is free arrives at 2026-01-10",
        "EFFECTIVE: the payer or the payee, else claims and proposals end at 2026-01-09",
        "EFFECTIVE: the adjudicator, else what is contested goes as both signed it at 2026-01-11",
    ],
    "bank-returns-what-had-arrived": [
        "ACCEPTED: the payer, else the offer lapses at 2026-01-06",
        "EFFECTIVE: the payer or the payee, else what is free arrives at 2026-01-10",
        "ATTRIBUTED: the bank, else what it owes is overdue at 2026-01-06",
    ],
}


@pytest.mark.parametrize("name", WAITS)
async def test_each_state_names_who_moves_next(name: str) -> None:
    told = [
        f"{state}: {' or '.join(f'the {who}' for who in move.who)}, else {move.then} at"
        f" {move.until[:10]}"
        for state, move in await played(name)
    ]
    assert told == WAITS[name]
