"""Who a record is, for the log: contract, correlation, type and place; never what it says."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from services.chassis.inbox import Flawed
from services.chassis.turns import Applicable

log = structlog.get_logger()


def tell_records(records_by_contract: Mapping[UUID, Sequence[Applicable]]) -> None:
    """Log, for whoever debugs, every record that was judged."""
    for contract_id, records in records_by_contract.items():
        for record in records:
            log.debug(
                "record.judged",
                contract_id=str(contract_id),
                correlation_id=_correlation(record),
                type=_attributes(record).type,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )


def correlations(records: Sequence[Applicable]) -> list[str]:
    """Return the correlation ids of these records, each once."""
    return list(dict.fromkeys(_correlation(record) for record in records))


def _correlation(record: Applicable) -> str:
    attributes = _attributes(record)
    return str(attributes.correlationid or attributes.id)


def _attributes(record: Applicable) -> Any:
    return record.attributes if isinstance(record, Flawed) else record.message
