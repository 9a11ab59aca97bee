"""Settings every service has, frozen and parsed once from the environment.

A service subclasses ``ServiceSettings`` with its own prefix, such as ``CRPS_LEDGER_``; what all
share (``CRPS_KAFKA``, ``CRPS_UPSTREAM_KEYS``) has one name.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from services.chassis.errors import SettingsRefused


class ServiceSettings(BaseSettings):
    """Addresses, keys and sizes of one service process."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True)

    kafka: Annotated[str, Field(validation_alias="CRPS_KAFKA")]
    """Bootstrap servers, ``host:port[,host:port]``."""
    postgres: SecretStr
    """DSN of this service's runtime role."""
    upstream_keys: Annotated[
        dict[str, SecretStr], Field(validation_alias="CRPS_UPSTREAM_KEYS", default_factory=dict)
    ]
    """Upstream id -> HMAC key, as a JSON object."""
    environment: Annotated[
        str,
        Field(validation_alias="CRPS_ENVIRONMENT", pattern=r"^[a-z0-9][a-z0-9-]{0,39}$"),
    ] = "sandbox"
    """Of which parties' signatures must speak: one made for another system proves nothing here."""
    log_level: Literal["debug", "info", "warning"] = "info"
    """With ``debug`` every record is told by its ids and its place."""
    instance: str = "0"
    """Ordinal of this replica: static group membership and outbox lease go by it."""
    health_host: str = "127.0.0.1"
    health_port: int = 0
    batch_records: Annotated[int, Field(ge=1, le=5000)] = 500
    batch_timeout_ms: Annotated[int, Field(ge=1)] = 200
    """How long an empty poll lasts; records end it at once."""
    session_timeout_ms: int = 30_000
    wedged_seconds: Annotated[float, Field(gt=0)] = 90.0
    """A loop or a consumer that stands still for so long ends the process: three sessions."""

    @classmethod
    def read(cls) -> Self:
        """Return the settings of the environment; SettingsRefused when they are not whole."""
        try:
            return cls()
        except SettingsError as error:
            raise SettingsRefused(f"{error}: not JSON") from None
        except ValidationError as error:
            wrong = [
                f"{cls._variable(str(flaw['loc'][0]))}: {flaw['msg']}" for flaw in error.errors()
            ]
            raise SettingsRefused("; ".join(wrong)) from None

    @classmethod
    def _variable(cls, name: str) -> str:
        return name if name.isupper() else f"{cls.model_config['env_prefix']}{name.upper()}"
