"""Headers in a column: exact, whatever a stranger put in them."""

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.frames import pack, unpack

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(NAMES, st.none() | st.binary(max_size=64)), max_size=6).map(tuple))
def test_headers_come_back_as_they_went_in(headers: tuple[tuple[str, bytes | None], ...]) -> None:
    assert unpack(pack(headers)) == headers


def test_a_null_value_and_an_empty_one_stay_apart() -> None:
    assert unpack(pack((("a", None), ("a", b"")))) == (("a", None), ("a", b""))


def test_the_packed_form_is_pinned() -> None:
    # Rows written by one release are read by the next.
    assert pack((("type", b"crps"), ("x", b"\xff\x00"))) == b'[["type","Y3Jwcw=="],["x","/wA="]]'
