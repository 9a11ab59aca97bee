"""The page of settings and the processes say the same: every variable with its default."""

import json
import re
from pathlib import Path

from pydantic_settings import BaseSettings

from connectors.sandbox_bank.config import SandboxBankSettings
from crps.stack.env_file import write_env_file
from schemas.topics import SERVICES
from services.contracts.config import ContractsSettings
from services.disputes.config import DisputesSettings
from services.ledger.config import LedgerSettings
from services.scheduler.config import SchedulerSettings

PAGE = Path("docs/reference/settings.md").read_text("utf-8")
SETTINGS: tuple[type[BaseSettings], ...] = (
    ContractsSettings,
    DisputesSettings,
    LedgerSettings,
    SchedulerSettings,
    SandboxBankSettings,
)


def section(title: str) -> str:
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return text


def for_every_service(name: str) -> set[str]:
    return {name.replace("<SERVICE>", service.upper()) for service in SERVICES}


def documented(title: str) -> dict[str, str]:
    rows = re.findall(r"^\| `(CRPS_[A-Z_<>]+)` \| (.+?) \| .+ \|$", section(title), re.MULTILINE)
    return {name: default for row, default in rows for name in for_every_service(row)}


def default_of(settings: type[BaseSettings], field: str) -> str:
    info = settings.model_fields[field]
    if info.is_required():
        return "required"
    default = info.get_default(call_default_factory=True)
    if isinstance(default, float):
        default = int(default)
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def variables(settings: type[BaseSettings]) -> dict[str, str]:
    prefix = settings.model_config["env_prefix"]
    return {
        str(info.validation_alias or f"{prefix}{field}".upper()): default_of(settings, field)
        for field, info in settings.model_fields.items()
    }


def test_every_setting_of_a_service_has_its_line_with_its_default() -> None:
    services = [s for s in SETTINGS if s is not SandboxBankSettings]
    assert documented("Every service") == {k: v for s in services for k, v in variables(s).items()}


def test_every_setting_of_the_sandbox_bank_has_its_line_with_its_default() -> None:
    assert documented("The sandbox bank") == variables(SandboxBankSettings)


def test_every_variable_that_a_command_reads_has_its_line() -> None:
    sources = "".join(path.read_text("utf-8") for path in sorted(Path("crps").rglob("*.py")))
    named = set(re.findall(r'"(CRPS_[A-Z_]*[A-Z])"', sources))
    assert named
    assert named <= set(re.findall(r"`(CRPS_[A-Z_<>]+)`", PAGE))


def test_the_file_for_docker_compose_holds_what_the_page_says(tmp_path: Path) -> None:
    write_env_file(tmp_path / ".env")
    written = re.findall(r"^([A-Z_]+)=", (tmp_path / ".env").read_text("utf-8"), re.MULTILINE)
    said = re.findall(r"`(CRPS_[A-Z_<>]+)`", section("The file `.env`"))
    assert set(written) == {name for raw in said for name in for_every_service(raw)}
