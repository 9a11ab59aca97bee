from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from crps.replay.cut import choose, cut, cut_sample
from crps.replay.olist import DatasetError, Order, read_orders
from crps.replay.tables import Table


@pytest.fixture
def source(folder: Any) -> Path:
    """Make 60 orders: 50 delivered and unrated, 8 released, one canceled, one never approved."""
    for i in range(60):
        status = "canceled" if i == 58 else "delivered"
        folder.add_order(
            f"o{i}",
            status=status,
            purchased=f"2017-05-10 10:00:{i:02}",
            approved="" if i == 59 else "2017-05-10 11:00:00",
        )
        folder.add_item(f"o{i}")
        if 50 <= i < 58:
            folder.add_review(f"o{i}", review_id=f"r{i}")
    path: Path = folder.write()
    reviews = path / Table.REVIEWS.file_name
    reviews.write_bytes(reviews.read_bytes().replace(b"\nr5", b'\n"r5').replace(b",o5", b'",o5'))
    return path


def test_records_are_copied_as_they_stand(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "sample"
    assert cut_sample(source, target, 20) == 20
    assert len(read_orders(target)) == 20
    assert set(read_orders(target)) < set(read_orders(source))
    for table in Table:
        ours = (target / table.file_name).read_bytes().splitlines(keepends=True)
        theirs = (source / table.file_name).read_bytes().splitlines(keepends=True)
        assert ours[0] == theirs[0]
        assert ours == [line for line in theirs if line in set(ours)]
    assert b'"r5' in (target / Table.REVIEWS.file_name).read_bytes()


def test_rare_orders_are_kept_and_the_choice_is_stable(source: Path) -> None:
    orders = read_orders(source)
    chosen = choose(orders, 20)
    assert len(chosen) == 20
    assert {"o58", "o59"} <= chosen
    assert 2 <= len(chosen & {f"o{i}" for i in range(50, 58)}) <= 4
    assert chosen == choose(reversed(orders), 20)


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (2, 2), (60, 60), (61, 60), (1000, 60)])
def test_any_size(source: Path, asked: int, given: int) -> None:
    assert len(choose(read_orders(source), asked)) == given


def test_the_choice_is_spread_over_time(make_order: Callable[..., Order]) -> None:
    begin = datetime(2017, 1, 1, tzinfo=UTC)
    orders = [
        make_order(
            f"{day:03}",
            purchased_at=begin + timedelta(days=day),
            approved_at=begin + timedelta(days=day),
        )
        for day in range(100)
    ]
    assert sorted(choose(orders, 4)) == ["012", "037", "062", "087"]


def test_what_cannot_be_cut_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="replace its own source"):
        cut_sample(source, source / ".." / source.name, 10)
    with pytest.raises(ValueError, match="at least 1 order"):
        choose([], 0)
    with pytest.raises(DatasetError, match="cannot be read"):
        cut_sample(tmp_path / "nowhere", tmp_path / "sample", 10)


def test_the_command(source: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(cut)
    done = CliRunner().invoke(app, [str(source), str(tmp_path / "sample"), "--orders", "5"])
    assert (done.exit_code, len(read_orders(tmp_path / "sample"))) == (0, 5)
    assert done.output.startswith("5 orders written to")
    failed = CliRunner().invoke(app, [str(tmp_path / "nowhere"), str(tmp_path / "sample")])
    assert failed.exit_code == 2
    assert "olist_orders_dataset.csv: cannot be read" in failed.output
