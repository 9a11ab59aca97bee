"""Settings of contracts, parsed once from the environment."""

from pydantic_settings import SettingsConfigDict

from services.chassis.config import ServiceSettings


class ContractsSettings(ServiceSettings):
    """``CRPS_CONTRACTS_...`` beside what all services share; the law itself has no settings."""

    model_config = SettingsConfigDict(env_prefix="CRPS_CONTRACTS_")
