"""Kafka's default partitioner, pinned: murmur2 of the key, as Java and aiokafka compute it.

librdkafka's default differs, so a foreign publisher can put a command beside its contract's
partition; the intake checks every key of a party-writable topic (ARCHITECTURE section 1).
"""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition, from 0, that ``key`` belongs to among ``partitions``."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)
