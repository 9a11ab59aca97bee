"""Settings of the scheduler, parsed once from the environment."""

from pydantic_settings import SettingsConfigDict

from services.chassis.config import ServiceSettings


class SchedulerSettings(ServiceSettings):
    """``CRPS_SCHEDULER_...`` beside what all services share."""

    model_config = SettingsConfigDict(env_prefix="CRPS_SCHEDULER_")
