"""Disputes that end by agreement or by a ruling, through real processes."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from typer.testing import CliRunner

from crps.cli import app
from crps.proofs import public_key
from schemas import topics
from schemas.envelope import PROOF_ALGORITHM

from .conftest import Running
from .deal import PAYEE, PAYER
from .play import Player
from .test_disputes import CLAIMS, HOUR_MS, Dispute

pytestmark = pytest.mark.connected

JUDGE = "judge-1"


async def test_an_accepted_proposal_pays_both_sides_at_once(
    player: Player, running: Running
) -> None:
    dispute = await Dispute(player, running, 6).begin("10000")
    opened = await dispute.open("6000")
    shares = {"to_payee": _money("3500"), "to_payer": _money("2500")}
    made = {"party": PAYEE, "proposal": "divide", **shares, "expires_at": opened["deadline_at"]}
    await dispute.say(CLAIMS, "crps.proposal.make.v1", made)
    await player.event(dispute.contract_id, "crps.proposal.made.v1")
    accept = {"party": PAYER, "proposal": "divide"}
    await dispute.say(CLAIMS, "crps.proposal.accept.v1", accept)
    ended = await dispute.ended()
    assert (ended["ending"], ended["payee"], ended["payer"]) == ("proposal", "7500", "2500")
    assert await dispute.closed() == [
        ("settlement", "4000", "admission"),
        ("settlement", "3500", "proposal"),
        ("return", "2500", "proposal"),
    ]


async def test_a_ruling_from_a_file_ends_what_the_parties_could_not(
    player: Player, running: Running, tmp_path: Path
) -> None:
    key = OKPKey.generate_key(PROOF_ALGORITHM)
    (tmp_path / "key.jwk").write_text(json.dumps(key.as_dict(private=True)))
    clauses = {
        "ending": "external",
        "ruling_ms": HOUR_MS,
        "fallback": "to_payer",
        "adjudicator": {"party": JUDGE, "key": public_key(key)},
    }
    dispute = await Dispute(player, running, 7).begin("10000", **clauses)
    opened = await dispute.open("6000")
    assert opened["adjudicator"] == JUDGE
    await player.event(dispute.contract_id, "crps.dispute.registered.v1")
    outlook = await _asked(running, "contract", "outlook", str(dispute.contract_id))
    (rule,) = outlook["can"]["adjudicator"]
    assert (rule["command"], rule["until"]) == ("ruling.submit", opened["ruling_deadline_at"])
    assert outlook["next_moves"][-1]["who"] == ["adjudicator"]
    rulings = [{"contract": str(dispute.contract_id), "payee_total": _money("7500")}]
    (tmp_path / "rulings.json").write_text(json.dumps(rulings))
    command = [
        "adjudicator", "rule", str(tmp_path / "rulings.json"), "--party", JUDGE,
        "--key", str(tmp_path / "key.jwk"), "--upstream", running.upstream.id,
        "--upstream-key", running.upstream.key, "--kafka", running.addresses.kafka,
    ]  # fmt: skip
    done = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert done.exit_code == 0, done.output
    ended = await dispute.ended()
    assert (ended["ending"], ended["payee"], ended["payer"]) == ("ruling", "7500", "2500")
    assert await dispute.closed() == [
        ("settlement", "4000", "admission"),
        ("settlement", "3500", "ruling"),
        ("return", "2500", "ruling"),
    ]
    # The same file once more is the same command.
    again = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert again.output == done.output
    contract = str(dispute.contract_id).encode()
    await player.wait(
        lambda r: (
            (r.topic, r.key, r.type)
            == (topics.DISPUTES_ANSWERS.name, contract, "crps.command.duplicated.v1")
        ),
        "the answer to a ruling sent twice",
    )
    (view,) = await _asked(running, "dispute", "show", str(dispute.contract_id))
    assert (view["ending"], view["contested"], view["adjudicator"]) == ("ruling", "0", JUDGE)


async def _asked(running: Running, *command: str) -> Any:
    options = ["--json", "--postgres", running.addresses.postgres]
    said = await asyncio.to_thread(CliRunner().invoke, app, [*command, *options])
    return json.loads(said.output)


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "asset": "CNY/2"}
