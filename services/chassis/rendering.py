"""Writes our own messages: the envelope laid around the data, without a model of it.

What stands in the envelope was checked where it came from: ids of the trigger by the border, the
data by its model. All of it is ASCII that JSON does not escape, so the bytes are those that the
envelope's model would write (SPEC section 3); a test holds it to that for every golden sample.
"""

from datetime import datetime
from functools import cache, lru_cache
from typing import Final
from uuid import UUID

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from schemas.envelope import MAX_RECORD_BYTES, Attributes, RestsOn
from schemas.fields import Instant, Token
from schemas.registry import MODELS
from services.chassis.errors import InvariantBroken

_INSTANT: Final = TypeAdapter[datetime](Instant)
_TOKEN: Final = TypeAdapter[str](Token)


def render(
    topic: str,
    wire_type: str,
    data: BaseModel,
    *,
    message_id: str,
    source: str,
    subject: UUID,
    time: datetime,
    trigger: Attributes,
    sequence: int | None = None,
    rests_on: RestsOn | None = None,
) -> bytes:
    """Return the message's exact bytes, caused by ``trigger``.

    InvariantBroken when they are more than a record may have, AssertionError when ``data`` is not
    what the registry knows under this type.
    """
    assert isinstance(data, MODELS[topic][wire_type]), f"{wire_type} is not told by {type(data)}"
    _TOKEN.validator.validate_python(message_id)
    numbered = b"" if sequence is None else b',"sequence":%d' % sequence
    resting = b"" if rests_on is None else b',"restson":%b' % to_json(rests_on)
    value = (
        b'{"specversion":"1.0","id":"%b",%b,"subject":"%b","time":%b,%b'
        b',"correlationid":"%b","causationid":"%b"%b%b,"data":%b}'
    ) % (
        message_id.encode(),
        _kind(source, wire_type),
        str(subject).encode(),
        _instant(time),
        _schema(wire_type),
        (trigger.correlationid or trigger.id).encode(),
        trigger.id.encode(),
        numbered,
        resting,
        data.__pydantic_serializer__.to_json(data, exclude_none=True),
    )
    if len(value) > MAX_RECORD_BYTES:
        # Checked here, so that a row nobody can send never exists.
        raise InvariantBroken(f"{wire_type} of {len(value)} bytes exceeds the limit")
    return value


@cache
def _kind(source: str, wire_type: str) -> bytes:
    return b'"source":%b,"type":%b' % (to_json(source), to_json(wire_type))


@cache
def _schema(wire_type: str) -> bytes:
    return b'"dataschema":%b' % to_json(f"urn:{wire_type.replace('.', ':')}")


@lru_cache(maxsize=16)
def _instant(time: datetime) -> bytes:
    return _INSTANT.dump_json(time)
