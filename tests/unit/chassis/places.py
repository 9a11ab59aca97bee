"""Records by their place alone, for what looks at nothing else of them."""

from datetime import datetime
from uuid import UUID

from schemas.envelope import Attributes
from services.chassis.inbox import Flawed


def flawed_at(
    contract_id: UUID, topic: str, partition: int, offset: int, appended_at: datetime
) -> Flawed:
    """A command whose content is of no interest."""
    attributes = Attributes.model_validate(
        {
            "specversion": "1.0",
            "id": f"c-{offset}",
            "source": "shop",
            "type": "crps.contract.decline.v1",
            "subject": str(contract_id),
            "time": "2026-01-01T00:00:00Z",
        }
    )
    return Flawed(
        topic=topic,
        partition=partition,
        offset=offset,
        appended_at=appended_at,
        key=str(contract_id).encode(),
        headers=(),
        value=b"{}",
        contract_id=contract_id,
        attributes=attributes,
        upstream="shop",
        party=None,
        code="MALFORMED",
        detail="x",
    )
