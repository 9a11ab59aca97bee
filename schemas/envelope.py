"""The envelope of every message: CloudEvents 1.0 attribute names around typed ``data``."""

from typing import Annotated, Final, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.fields import Instant, Token

TYPE_HEADER: Final = "type"
"""The record header that repeats the type, so that a reader may skip before it parses."""
UPSTREAM_HEADER: Final = "crps-upstream"
"""On party-writable topics: the id of the upstream that wrote the record."""
HMAC_HEADER: Final = "crps-hmac"
"""On party-writable topics: HMAC-SHA256 of the record's value under that upstream's key, hex."""
PROOF_HEADER: Final = "crps-proof"
"""On a command: its party's own signature, a detached JWS over the record's exact value."""
PROOF_ALGORITHM: Final = "Ed25519"
"""The one ``alg`` of a proof (RFC 9864)."""
PROOF_TYPE: Final = "crps-act+jws"
"""The ``typ`` of a proof; with the algorithm and ``env`` it is the whole protected header."""

MAX_RECORD_BYTES: Final = 64 * 1024
"""A larger value is quarantined, whoever wrote it."""

D = TypeVar("D")

MessageType = Annotated[
    str, StringConstraints(pattern=r"^crps\.[a-z_]+\.[a-z_]+\.v[0-9]+$", max_length=80)
]


class RestsOn(BaseModel):
    """The fact of another service that a decision rests on; whoever reads it waits for that."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    topic: str
    """The topic on which that fact stands."""
    sequence: int
    """Its sequence there, of the same contract."""


class Attributes(BaseModel):
    """What is read first of any message: all attributes, whatever the data is."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"]
    """The version of CloudEvents."""
    id: Token
    """The message's own id; of a command, the command id that its answer names."""
    source: Token
    """Who wrote it."""
    type: MessageType
    """What the message is; the record's header repeats it."""
    subject: UUID
    """The contract id; also the record's key."""
    time: Instant
    """When the writer wrote it. Commands are judged by append time, never by this."""
    dataschema: str | None = None
    """The id of the published schema of this message."""
    correlationid: Token | None = None
    """The id of the message that began the whole story, handed on from cause to effect."""
    causationid: Token | None = None
    """The id of the message that caused this one: of an answer, the command's."""
    sequence: Annotated[int, Field(ge=1)] | None = None
    """Counted per contract and topic, on our own event topics only."""
    restson: RestsOn | None = None
    """What must have been read before this is."""


class Envelope(Attributes, Generic[D]):
    """A whole message."""

    data: D
