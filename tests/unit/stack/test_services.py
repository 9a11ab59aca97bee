"""How services are started: which there are, and what each of them is told."""

import os

import pytest

from crps.stack import services
from crps.stack.addresses import Addresses
from crps.stack.services import PROGRAMS, service_dsn, service_environment

ADDRESSES = Addresses("127.0.0.1:9092", "postgresql://postgres@127.0.0.1:5432/crps")


def test_the_table_names_every_process() -> None:
    assert {name: program.module for name, program in PROGRAMS.items()} == {
        "contracts": "services.contracts.app",
        "disputes": "services.disputes.app",
        "ledger": "services.ledger.app",
        "scheduler": "services.scheduler.app",
        "sandbox-bank": "connectors.sandbox_bank.app",
    }
    assert tuple(PROGRAMS) == services.ALL


@pytest.mark.parametrize(
    ("admin", "expected"),
    [
        (
            "postgresql://postgres@127.0.0.1:5432/crps",
            "postgresql://svc_ledger@127.0.0.1:5432/crps",
        ),
        ("postgresql://a:p%40ss@db/crps?ssl=on", "postgresql://svc_ledger@db/crps?ssl=on"),
        ("postgresql://db:5432/crps", "postgresql://svc_ledger@db:5432/crps"),
    ],
)
def test_a_service_gets_its_own_role(admin: str, expected: str) -> None:
    assert service_dsn(admin, "ledger") == expected


def test_a_service_knows_its_own_addresses_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("CRPS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CRPS_UPSTREAM_KEYS", "shop=key")
    monkeypatch.setenv("CRPS_POSTGRES", "postgresql://admin@db/crps")
    monkeypatch.setenv("CRPS_CONTRACTS_POSTGRES_PASSWORD", "another's")
    env = service_environment("ledger", ADDRESSES, 20_001, has_schema=True, extra={"A": "b"})
    ours = {key: value for key, value in env.items() if key.startswith("CRPS_")}
    assert ours == {
        "CRPS_KAFKA": "127.0.0.1:9092",
        "CRPS_LEDGER_POSTGRES": "postgresql://svc_ledger@127.0.0.1:5432/crps",
        "CRPS_LEDGER_HEALTH_PORT": "20001",
        "CRPS_UPSTREAM_KEYS": "shop=key",
    }
    assert env["A"] == "b"


def test_the_bank_stands_outside_and_gets_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRPS_POSTGRES", "postgresql://admin@db/crps")
    env = service_environment("sandbox-bank", ADDRESSES, 20_001, has_schema=False)
    assert not [key for key in env if key.startswith("CRPS_") and "POSTGRES" in key]
    assert env["CRPS_SANDBOX_BANK_HEALTH_PORT"] == "20001"
