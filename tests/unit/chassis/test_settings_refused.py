"""A process whose settings are not whole ends with a line: the variable, never its value."""

import os
import subprocess
import sys

import pytest

from services.chassis.lifecycle import run
from services.ledger.app import runtime

NEEDED = {
    "CRPS_KAFKA": "127.0.0.1:1",
    "CRPS_LEDGER_POSTGRES": "postgresql://svc_ledger:sesame@127.0.0.1:1/crps",
}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "CRPS_KAFKA: Field required; CRPS_LEDGER_POSTGRES: Field required"),
        ({**NEEDED, "CRPS_LEDGER_BATCH_RECORDS": "0"}, "CRPS_LEDGER_BATCH_RECORDS: "),
        ({**NEEDED, "CRPS_UPSTREAM_KEYS": "shop=sesame"}, '"upstream_keys" from'),
        ({**NEEDED, "CRPS_UPSTREAM_KEYS": '{"shop": ["sesame"]}'}, "CRPS_UPSTREAM_KEYS: "),
        ({**NEEDED, "CRPS_ENVIRONMENT": ""}, "CRPS_ENVIRONMENT: "),
        ({**NEEDED, "CRPS_ENVIRONMENT": "a b"}, "CRPS_ENVIRONMENT: "),
    ],
    ids=["missing", "out of bounds", "not JSON", "not a key", "nameless", "not a name"],
)
def test_a_service_names_the_setting(
    settings: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("CRPS_")]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        run(runtime)
    line = str(ended.value)
    assert line.startswith("SETTINGS_REFUSED: ")
    assert said in line
    assert "\n" not in line
    assert "sesame" not in line


def test_the_process_ends_with_that_line_and_so_does_the_sandbox_bank_s() -> None:
    for module in ("services.scheduler.app", "connectors.sandbox_bank.app"):
        command = [sys.executable, "-m", module]
        ended = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        assert ended.stderr.startswith("SETTINGS_REFUSED: CRPS_KAFKA: Field required")
        assert ended.stderr.count("\n") == 1
