"""murmur2, pinned: the same partition in Java, in aiokafka and in our check of strangers."""

import zlib
from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.partitioner import partition_of

GOLDEN = [
    # Key, its murmur2 as a signed 32-bit number, its partition of 12 and of 48.
    (b"21", -973_932_308, 0, 12),
    (b"foobar", -790_332_482, 6, 30),
    (b"a-little-bit-long-string", -985_981_536, 8, 32),
    (b"a-little-bit-longer-string", -1_486_304_829, 11, 35),
    (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971, 5, 29),
    (b"6f9a1e9e-3c56-5a7e-9d0e-1f2a3b4c5d6e", 1_297_912_055, 11, 23),
    (b"ffffffff-ffff-4fff-bfff-ffffffffffff", -2_096_555_001, 11, 23),
]


@pytest.mark.parametrize(("key", "murmur2", "of_12", "of_48"), GOLDEN)
def test_golden_values(key: bytes, murmur2: int, of_12: int, of_48: int) -> None:
    assert (partition_of(key, 12), partition_of(key, 48)) == (of_12, of_48)
    assert (murmur2 & 0x7FFF_FFFF) % 12 == of_12


@given(st.uuids(), st.integers(1, 100))
def test_our_check_agrees_with_the_producer_s_default(contract_id: UUID, partitions: int) -> None:
    key = str(contract_id).encode()
    everywhere = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, everywhere, everywhere)


def test_librdkafka_s_default_lands_elsewhere() -> None:
    # Why the check exists: crc32 sends about 11 of 12 keys to another partition.
    keys = [str(UUID(int=n << 64)).encode() for n in range(600)]
    strays = sum(zlib.crc32(key) % 12 != partition_of(key, 12) for key in keys)
    assert strays > 500
