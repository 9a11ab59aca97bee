"""Settings of the ledger, parsed once from the environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.chassis.config import ServiceSettings


class LedgerSettings(ServiceSettings):
    """``CRPS_LEDGER_...`` beside what all services share."""

    model_config = SettingsConfigDict(env_prefix="CRPS_LEDGER_")

    execution_window_hours: Annotated[int, Field(ge=1)] = 24
    """How long after an instruction the bank may still execute it."""

    @property
    def execution_window(self) -> timedelta:
        """The same as a duration."""
        return timedelta(hours=self.execution_window_hours)
