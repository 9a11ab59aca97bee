"""The worked example of signing: what stands on the page is what the services verify."""

import json
import re
import shutil
import subprocess

import pytest
from joserfc.jwk import OKPKey

from crps.proofs import sign
from schemas.registry import ADAPTERS
from schemas.terms_v1 import PartyTerms
from schemas.topics import CONTRACTS_COMMANDS
from services.chassis.proofs import is_signed

from .pages import ROOT

PAGE = (ROOT / "docs/how-to/sign-acts.md").read_text("utf-8")
TERMS, KEY, VALUE, PROTECTED, PROOF = re.findall(
    r"^```(?:json|text)\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL
)


def test_the_example_is_a_command_whose_proof_holds() -> None:
    command = ADAPTERS[CONTRACTS_COMMANDS.name, "crps.funds.release.v1"].validate_json(VALUE)
    assert command.data.party == "party-payer-7"
    assert is_signed(PROOF.encode(), VALUE.encode(), "sandbox", json.loads(KEY)["x"])


def test_whoever_signs_the_example_arrives_at_the_same_proof() -> None:
    key = OKPKey.import_key(json.loads(KEY))
    assert sign(VALUE.encode(), key, json.loads(PROTECTED)["env"]) == PROOF


def test_the_keys_in_the_terms_are_keys() -> None:
    sides = json.loads(TERMS)
    keys = {PartyTerms.model_validate(sides[side]).key for side in ("payer", "payee")}
    assert len(keys) == 2


@pytest.mark.skipif(shutil.which("node") is None, reason="not installed: node")
def test_node_arrives_at_the_same_proof_with_what_it_brings_along() -> None:
    program = """
        import { createPrivateKey } from "node:crypto";
        import { prove } from "./proof.mjs";
        const { key, value } = JSON.parse(process.argv[1]);
        const privateKey = createPrivateKey({ key: JSON.parse(key), format: "jwk" });
        console.log(prove(value, privateKey, "sandbox"));
    """
    given = json.dumps({"key": KEY, "value": VALUE})
    ended = subprocess.run(
        ["node", "--input-type=module", "--eval", program, given],
        cwd=ROOT / "samples/node", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout.strip() == PROOF
