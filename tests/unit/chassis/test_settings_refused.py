"""A process whose settings are not whole ends with a line: the variable, never its value."""

import subprocess
import sys

import pytest

NEEDED = {
    "CRPS_KAFKA": "127.0.0.1:1",
    "CRPS_LEDGER_POSTGRES": "postgresql://svc_ledger:sesame@127.0.0.1:1/crps",
}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "CRPS_KAFKA: Field required; CRPS_LEDGER_POSTGRES: Field required"),
        ({**NEEDED, "CRPS_LEDGER_BATCH_RECORDS": "0"}, "CRPS_LEDGER_BATCH_RECORDS: "),
        (
            {**NEEDED, "CRPS_UPSTREAM_KEYS": "shop=sesame"},
            '"upstream_keys" from source "EnvSettingsSource": not JSON',
        ),
        ({**NEEDED, "CRPS_UPSTREAM_KEYS": '{"shop": ["sesame"]}'}, "CRPS_UPSTREAM_KEYS: "),
    ],
    ids=["missing", "out of bounds", "not JSON", "not a key"],
)
def test_a_service_names_the_setting(settings: dict[str, str], said: str) -> None:
    ended = _run("services.ledger.app", settings)
    assert ended.returncode == 1
    assert ended.stderr.startswith("SETTINGS_REFUSED: ")
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "sesame" not in ended.stderr + ended.stdout


def test_so_does_the_sandbox_bank() -> None:
    ended = _run("connectors.sandbox_bank.app", {})
    assert (ended.returncode, ended.stderr) == (1, "SETTINGS_REFUSED: CRPS_KAFKA: Field required\n")


def _run(module: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module], env=settings, capture_output=True, text=True, check=False
    )
