"""Cuts a small sample out of a folder in the Olist format, keeping its spread.

Deterministic: the same source and size give the same bytes. Records are copied as they stand, with
their quoting and any review texts, in the source's order, so whatever reads the source reads the
sample.
"""

import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from crps.replay.olist import Order, read_orders
from crps.replay.plan import expected_outcome, plan_order
from crps.replay.tables import DatasetError, Table, read_header, read_records

Stratum = tuple[str, int, bool, tuple[str, ...], bool, bool]


def cut(
    source: Annotated[Path, typer.Argument(help="A folder with the four CSV files.")],
    target: Annotated[Path, typer.Argument(help="Where to write the sample's four CSV files.")],
    orders: Annotated[int, typer.Option(min=1, help="How many orders to keep.")] = 400,
) -> None:
    """Cut a sample of real orders that keeps the spread of its source.

    Every status, review score and kind of ending that occurs in SOURCE is kept, spread over its
    whole time; records are copied unchanged. The same call writes the same files.
    """
    try:
        chosen = cut_sample(source, target, orders)
    except (DatasetError, ValueError) as error:
        typer.echo(f"crps replay-cut: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{chosen} orders written to {target}")


def cut_sample(source: Path, target: Path, order_count: int) -> int:
    """Write `order_count` orders of `source` to `target`; return how many there are.

    Files of the same names in `target` are replaced. Raises DatasetError where `source` is not in
    the format, and ValueError where `target` is `source` or the count is below 1.
    """
    if source.resolve() == target.resolve():
        raise ValueError("the sample would replace its own source")
    chosen = choose(read_orders(source), order_count)
    target.mkdir(parents=True, exist_ok=True)
    for table in Table:
        text = io.StringIO()
        text.write(read_header(source, table))
        for record in read_records(source, table):
            if record.cells["order_id"] in chosen:
                text.write(record.text)
        (target / table.file_name).write_text(text.getvalue(), encoding="utf-8", newline="")
    return len(chosen)


def choose(orders: Iterable[Order], order_count: int) -> frozenset[str]:
    """Return the ids of `order_count` orders, or of all if there are no more.

    Orders that look alike to the mapping form a stratum (status, score, sellers, endings, parts,
    odd dates). Each stratum gives one order, the larger ones more in proportion, evenly spaced over
    their time of purchase. With fewer places than strata, the largest come first.
    """
    if order_count < 1:
        raise ValueError(f"a sample has at least 1 order, not {order_count}")
    strata: defaultdict[Stratum, list[Order]] = defaultdict(list)
    for order in orders:
        strata[_stratum(order)].append(order)
    ranked = sorted(strata.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    ranked = ranked[:order_count]
    places = _share_out([len(members) for _, members in ranked], order_count)
    return frozenset(
        order.order_id
        for (_, members), count in zip(ranked, places, strict=True)
        for order in _evenly_spaced(members, count)
    )


def _stratum(order: Order) -> Stratum:
    plans = plan_order(order)
    return (
        order.status,
        order.review.score if order.review else 0,
        len(order.consignments) > 1,
        # Disputes are told apart by their score already; here what the payment does counts.
        tuple(sorted({expected_outcome(replace(plan, dispute=None)) for plan in plans})),
        any(len(plan.acts) > 1 for plan in plans),
        any(plan.held for plan in plans),
    )


def _share_out(sizes: list[int], places: int) -> list[int]:
    """Return how many places each size gets: one, and the rest in proportion, never above it.

    The odd places go to the largest remainders, earlier entries first.
    """
    spare = [size - 1 for size in sizes]
    rest = min(places - len(sizes), sum(spare))
    weight = max(sum(spare), 1)
    shares = [1 + rest * size // weight for size in spare]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (-(rest * spare[i] % weight), i))
    for i in by_remainder[: len(sizes) + rest - sum(shares)]:
        shares[i] += 1
    return shares


def _evenly_spaced(members: list[Order], count: int) -> list[Order]:
    """Return `count` of `members`, each from the middle of its own equal stretch of time order."""
    ordered = sorted(members, key=lambda order: (order.purchased_at, order.order_id))
    return [ordered[(2 * i + 1) * len(ordered) // (2 * count)] for i in range(count)]
