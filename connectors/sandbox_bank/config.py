"""Settings of the sandbox bank, parsed once from the environment."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxBankSettings(BaseSettings):
    """``CRPS_SANDBOX_BANK_...``, and ``CRPS_KAFKA`` as everybody has it."""

    model_config = SettingsConfigDict(
        env_prefix="CRPS_SANDBOX_BANK_", frozen=True, populate_by_name=True
    )

    kafka: Annotated[str, Field(validation_alias="CRPS_KAFKA")]
    """Bootstrap servers, ``host:port[,host:port]``."""
    instance: str = "0"
    """Ordinal of this replica: its membership in the consumer group goes by it."""
    health_host: str = "127.0.0.1"
    health_port: int = 0
    batch_records: Annotated[int, Field(ge=1, le=5000)] = 500
    session_timeout_ms: int = 30_000
    wedged_seconds: Annotated[float, Field(gt=0)] = 90.0
    """A loop that stands still for so long ends the process."""
