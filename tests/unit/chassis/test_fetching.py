"""A fetch with a header name that is not UTF-8 gives out every record of it, in order."""

import struct
from collections.abc import Callable, Iterator

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.fetching import tolerate_header_names

Headers = list[tuple[str, bytes | None]]

MARK = "\x00MARK\x00"
"""Stands where the bad name will be; of the same length."""
BAD = b"\xff\xfe\x80ok\xc3"


@pytest.fixture(scope="module", autouse=True)
def tolerant() -> Iterator[None]:
    before = fetcher.MemoryRecords, fetcher.PartitionRecords._unpack_records
    tolerate_header_names()
    tolerate_header_names()
    yield
    fetcher.MemoryRecords, fetcher.PartitionRecords._unpack_records = before


def batch(base: int, *records: tuple[bytes | None, bytes | None, Headers]) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 20)
    for offset, (key, value, headers) in enumerate(records):
        builder.append(offset, 1_000, key, value, headers)
    raw = bytearray(bytes(builder.build()).replace(MARK.encode(), BAD))
    raw[0:8] = struct.pack(">q", base)
    raw[17:21] = struct.pack(">I", calc_crc32c(bytes(raw[21:])))
    return bytes(raw)


def unpack(fetched: bytes) -> list[fetcher.ConsumerRecord]:
    return list(
        fetcher.PartitionRecords(
            TopicPartition("t", 0), fetcher.MemoryRecords(fetched), None, 0, None, None, True, 0
        )
    )


def test_nothing_is_lost_before_at_or_after_the_record() -> None:
    good: Headers = [("type", b"t"), ("naïve", b"x"), ("null", None)]
    fetched = b"".join(
        [
            batch(0, (b"a", b"1", good), (b"b", b"2", [])),
            batch(2, (b"c", b"3", good), (b"d", None, [("type", b"t"), (MARK, b"\xff")]),
                  (None, b"5", good)),
            batch(5, (b"e", b"6", good)),
        ]
    )  # fmt: skip
    records = unpack(fetched)
    assert [(r.offset, r.key, r.value) for r in records] == [
        (0, b"a", b"1"), (1, b"b", b"2"), (2, b"c", b"3"), (3, b"d", None), (4, None, b"5"),
        (5, b"e", b"6"),
    ]  # fmt: skip
    assert records[3].headers == (("type", b"t"), ("???ok?", b"\xff"))
    assert [list(r.headers) for r in records if r.offset in (0, 2, 4, 5)] == [good] * 4


@given(
    st.binary(max_size=300),
    st.binary(max_size=300),
    st.lists(st.tuples(st.sampled_from(["type", MARK]), st.binary(max_size=200)), max_size=5),
)
def test_the_rest_of_the_record_stays_as_it_was(
    key: bytes, value: bytes, headers: list[tuple[str, bytes]]
) -> None:
    wild = MARK.encode()
    fetched = batch(0, (key.replace(wild, b""), value.replace(wild, b""), list(headers)))
    (record,) = unpack(fetched)
    assert (record.key, record.value) == (key, value)
    assert [v for _, v in record.headers] == [v for _, v in headers]


def test_an_ordinary_fetch_takes_the_ordinary_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Callable[[], None]:
        raise AssertionError("the slow parser was asked")

    monkeypatch.setattr("services.chassis.fetching._TolerantRecords", refuse)
    assert len(unpack(batch(0, (b"a", b"1", [("type", b"t")])))) == 1
    with pytest.raises(AssertionError, match="slow parser"):
        unpack(batch(0, (b"a", b"1", [(MARK, b"t")])))
