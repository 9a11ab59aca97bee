"""Lets the Kafka client read a header name that is not UTF-8, which any stranger may write.

The client's parser raises on such a name in the middle of a fetch: the batch that was being
drained, other partitions' records in it included, would be lost without a word, and the
partition could never be read past it. Here the fetch is read again by the client's own Python
parser with the bad bytes of the name replaced, and the intake judges the record like any other.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from aiokafka.record.util import decode_varint

_unpack_strictly = fetcher.PartitionRecords._unpack_records  # noqa: SLF001


def tolerate_header_names() -> None:
    """Make every consumer of this process tolerant; doing it twice changes nothing more."""
    fetcher.MemoryRecords = _KeptRecords
    fetcher.PartitionRecords._unpack_records = _unpack  # noqa: SLF001


class _KeptRecords(MemoryRecords):  # type: ignore[misc]  # the client has no types
    """A fetch that remembers its bytes."""

    def __init__(self, fetched: bytes) -> None:
        super().__init__(fetched)
        self.fetched = fetched


class _TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    def _read_msg(self) -> Any:
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            _clean_header_names(self._buffer, self._pos)
            return super()._read_msg()


def _clean_header_names(buffer: bytearray, at: int) -> None:
    """Make the header names of the record at ``at`` ASCII, in place and of the same length."""
    for _ in ("length", "attributes", "timestamp", "offset"):
        _, at = decode_varint(buffer, at)
    for _ in ("key", "value"):
        size, at = decode_varint(buffer, at)
        at += max(size, 0)  # Of what is null, the size is -1.
    count, at = decode_varint(buffer, at)
    for _ in range(count):
        size, at = decode_varint(buffer, at)
        name = buffer[at : at + size]
        buffer[at : at + size] = bytes(byte if byte < 0x80 else ord("?") for byte in name)
        size, at = decode_varint(buffer, at + size)
        at += max(size, 0)


class _TolerantRecords(_MemoryRecordsPy):  # type: ignore[misc]
    def next_batch(self) -> Any:
        found = self._next_slice
        if found is None or found[self.MAGIC_OFFSET] < 2:
            return super().next_batch()
        self._cache_next()
        return _TolerantBatch(found)


def _unpack(self: Any) -> Iterator[Any]:
    records = self._records
    try:
        yield from _unpack_strictly(self)
    except UnicodeDecodeError:
        next_offset = self.next_fetch_offset
        self._records = _TolerantRecords(records.fetched)
        yield from (r for r in _unpack_strictly(self) if r.offset >= next_offset)
