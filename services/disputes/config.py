"""Settings of disputes, parsed once from the environment."""

from pydantic_settings import SettingsConfigDict

from services.chassis.config import ServiceSettings


class DisputesSettings(ServiceSettings):
    """``CRPS_DISPUTES_...`` beside what all services share."""

    model_config = SettingsConfigDict(env_prefix="CRPS_DISPUTES_")
