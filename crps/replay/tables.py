"""The four CSV files of the Olist dataset, read record by record with a precise complaint.

This module knows files, columns and the spelling of a cell; it promises that whatever it hands on
is well formed, and that whatever is not is a `DatasetError` with file, line and reason. What the
values mean together is the business of `olist`.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Final

from crps.replay.local_time import to_utc

_INSTANT: Final = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
# 13 digits before the point keep every total far below the 18 digits of SPEC section 2.
_MONEY: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2}))?")
# No slash: a contract id is computed from these (`schemas.identifiers`).
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class DatasetError(Exception):
    """The folder is not in the dataset's format: which file, which line (0 = as a whole), why."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")


class Table(Enum):
    """A file of the dataset: its name, and the columns that must be there, in any order."""

    ORDERS = (
        "olist_orders_dataset.csv",
        (
            "order_id",
            "customer_id",
            "order_status",
            "order_purchase_timestamp",
            "order_approved_at",
            "order_delivered_carrier_date",
            "order_delivered_customer_date",
            "order_estimated_delivery_date",
        ),
    )
    ITEMS = (
        "olist_order_items_dataset.csv",
        ("order_id", "order_item_id", "seller_id", "price", "freight_value"),
    )
    REVIEWS = (
        "olist_order_reviews_dataset.csv",
        (
            "review_id",
            "order_id",
            "review_score",
            "review_creation_date",
            "review_answer_timestamp",
        ),
    )
    PAYMENTS = (
        "olist_order_payments_dataset.csv",
        ("order_id", "payment_sequential", "payment_type", "payment_value"),
    )

    def __init__(self, file_name: str, columns: tuple[str, ...]) -> None:
        self.file_name = file_name
        self.columns = columns


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it ends in the file, its cells by column, and its exact text."""

    file_name: str
    line: int
    cells: Mapping[str, str]
    text: str

    def bad(self, reason: str) -> DatasetError:
        """Return the error that names this record."""
        return DatasetError(self.file_name, self.line, reason)

    def identifier(self, column: str) -> str:
        """Return an id: 1 to 64 letters, digits, hyphens or underscores, no mark in front."""
        cell = self.cells[column]
        if not _IDENTIFIER.fullmatch(cell):
            raise self.bad(f"{column} is not an id: {cell!r}")
        return cell

    def money_minor(self, column: str) -> int:
        """Return an amount in minor units of a currency with two decimals, read exactly."""
        cell = self.cells[column]
        match = _MONEY.fullmatch(cell)
        if match is None:
            raise self.bad(f"{column} is not an amount with at most two decimals: {cell!r}")
        return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))

    def number(self, column: str, least: int, most: int) -> int:
        """Return a whole number in `least..most`."""
        cell = self.cells[column]
        if cell.isascii() and cell.isdigit() and len(cell) <= 9 and least <= int(cell) <= most:
            return int(cell)
        raise self.bad(f"{column} is not a whole number from {least} to {most}: {cell!r}")

    def instant(self, column: str) -> datetime:
        """Return a local time of the dataset as an instant in UTC."""
        cell = self.cells[column]
        try:
            if not _INSTANT.fullmatch(cell):
                raise ValueError("another spelling")
            return to_utc(datetime.fromisoformat(cell))
        except ValueError as error:
            raise self.bad(
                f"{column} is not a time YYYY-MM-DD HH:MM:SS, 1900 to 2099: {cell!r}"
            ) from error

    def instant_or_none(self, column: str) -> datetime | None:
        """Return a local time as an instant in UTC, or None where the cell is empty."""
        return self.instant(column) if self.cells[column] else None


class _RecordedLines:
    """The physical lines of a file, remembered until the record they make up is complete."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._pending: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._pending.append(line)
            yield line

    def take(self) -> str:
        text = "".join(self._pending)
        self._pending.clear()
        return text


def read_header(folder: Path, table: Table) -> str:
    """Return the exact text of a table's header after checking that its columns are there."""
    return next(_records(folder, table)).text


def read_records(folder: Path, table: Table) -> Iterator[Record]:
    """Yield the records of a table in file order, in one pass; blank lines are skipped.

    Raises DatasetError for a missing file or column, broken CSV, and anything but UTF-8.
    """
    records = _records(folder, table)
    next(records)
    yield from records


def _records(folder: Path, table: Table) -> Iterator[Record]:
    """Yield the header as the first record, then the records proper."""
    line = 0
    try:
        with (folder / table.file_name).open(encoding="utf-8-sig", newline="") as file:
            lines = _RecordedLines(file)
            reader = csv.reader(lines, strict=True)
            header = next(reader, [])
            _check_header(table, header)
            yield Record(table.file_name, 1, dict(zip(header, header, strict=True)), lines.take())
            for row in reader:
                line = reader.line_num
                text = lines.take()
                if not row:
                    continue
                if len(row) != len(header):
                    reason = f"{len(row)} cells where the header has {len(header)}"
                    raise DatasetError(table.file_name, line, reason)
                cells = dict(zip(header, row, strict=True))
                yield Record(table.file_name, line, cells, text)
    except OSError as error:
        raise DatasetError(table.file_name, 0, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(table.file_name, line + 1, "is not UTF-8 here or below") from error
    except csv.Error as error:
        raise DatasetError(
            table.file_name, line + 1, f"broken CSV here or below: {error}"
        ) from error


def _check_header(table: Table, header: list[str]) -> None:
    missing = [column for column in table.columns if column not in header]
    if missing:
        raise DatasetError(table.file_name, 1, f"columns missing: {', '.join(missing)}")
    if len(set(header)) != len(header):
        raise DatasetError(table.file_name, 1, "two columns have the same name")
