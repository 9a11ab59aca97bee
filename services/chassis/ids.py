"""The one source of random ids; whoever needs one takes it as an argument."""

from uuid import UUID, uuid4


def new_uuid() -> UUID:
    """Return a random UUID (RFC 9562 version 4)."""
    return uuid4()
