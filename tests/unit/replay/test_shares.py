from collections import Counter

from crps.replay.shares import draw


def test_draws_are_golden() -> None:
    ids = ["2cb414479754a8e1ed07eed0ccfc0778", "o1", "o2", "o3", "o4", "o5"]
    assert [draw("parts", order_id, 10) for order_id in ids] == [4, 2, 2, 6, 5, 8]
    assert [draw("claim", order_id, 4) for order_id in ids] == [3, 0, 0, 1, 1, 2]
    assert [draw("reaction", order_id, 4) for order_id in ids] == [2, 1, 1, 1, 2, 3]


def test_faces_are_even() -> None:
    faces = Counter(draw("parts", f"order-{i}", 10) for i in range(10_000))
    assert set(faces) == set(range(10))
    assert all(900 < count < 1_100 for count in faces.values())


def test_questions_are_independent() -> None:
    pairs = Counter(
        (draw("claim", f"order-{i}", 4), draw("reaction", f"order-{i}", 4)) for i in range(10_000)
    )
    assert len(pairs) == 16
    assert all(500 < count < 750 for count in pairs.values())
