"""Look whether a logbook is whole, and write it to a file: the commands `deining log verify` and `deining log export`."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deining.domain.area import Area
from deining.domain.errors import UnknownName, WrongUse
from deining.domain.logbook import Head
from deining.domain.logbook_chain import Damage
from deining.reporting.logbook_export import LogbookExtract, export_csv, export_pdf
from deining.storage.database import Connection
from deining.storage.logbook import find_head, list_books, read_entries, read_marks
from deining.storage.logbook_check import open_to_check, verify

LIVE = "live"


@dataclass(frozen=True, slots=True)
class BookReport:
    """What was found of one book of one area: where it ends, and what is wrong with it."""

    area: str
    book: str
    head: Head | None
    damage: tuple[Damage, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.damage

    def lines(self) -> list[str]:
        """What to print: one line where it is whole, else one line for each thing that is wrong."""
        where = f"{self.area}, book {self.book}"
        if self.damage:
            return [f"{where}: {one.text}" for one in self.damage]
        if self.head is None:
            return [f"{where}: empty"]
        return [f"{where}: {self.head.number} entries, whole; the end is {self.head.number}:{self.head.hash}"]


def verify_logbooks(data: Path, area: str | None = None, *, book: str | None = None, expected: Head | None = None) -> list[BookReport]:
    """Verify the logbooks of a data folder, while a server uses it or not; nothing is changed.

    Parameters
    ----------
    area, book
        Id of an area and name of a book; None for all there are. With an area, its live logbook is told even when it is empty.
    expected
        A number and hash that were kept elsewhere; they belong to one logbook, so an area must be given; the book is the live one
        where none is.

    Raises
    ------
    WrongUse
        When the folder has no store, or `expected` comes without an area.
    UnknownName
        When the area has no such book.
    DataFolderTooNew
        When a later version of deining wrote it.
    """
    connection = open_to_check(data)
    try:
        books = _choose_books(connection, area, book)
        if expected is not None and area is None:
            areas = {found for found, _ in books}
            if len(areas) != 1:
                raise WrongUse("an expected end belongs to the logbook of one area; give the area, with --area")
            (area,) = areas
        return [_report(connection, *pair, expected if pair == (area, book or LIVE) else None) for pair in books]
    finally:
        connection.close()


def _report(connection: Connection, area: str, book: str, expected: Head | None) -> BookReport:
    return BookReport(area, book, find_head(connection, area, book), tuple(verify(connection, area, book, expected)))


def _choose_books(connection: Connection, area: str | None, book: str | None) -> list[tuple[str, str]]:
    there = list_books(connection, area)
    if area is not None and (area, LIVE) not in there:
        there.insert(0, (area, LIVE))
    if book is None:
        return there
    if not (chosen := [pair for pair in there if pair[1] == book]):
        raise UnknownName("book", book, [name for _, name in there])
    return chosen


def export_logbook(data: Path, area: Area, out: Path, *, made_at: datetime, book: str = LIVE, language: str | None = None) -> int:
    """Write a logbook as CSV or PDF, after the ending of the file's name; whole or not at all.

    Parameters
    ----------
    language
        Of the PDF; that of the area where it is not given.

    Returns
    -------
    int
        How many entries were written.

    Raises
    ------
    WrongUse
        When the ending is another, the folder has no store, or the file cannot be written.
    UnknownName
        When the area has no such book.
    """
    if out.suffix.lower() not in (".csv", ".pdf"):
        raise WrongUse(f"{out} does not say how to write the logbook; expected a name that ends in .csv or .pdf, with --out")
    connection = open_to_check(data)
    try:
        _choose_books(connection, area.id, book)
        extract = read_extract(connection, area, book)
    finally:
        connection.close()
    content = export_csv(extract) if out.suffix.lower() == ".csv" else export_pdf(extract, language=language or area.language, made_at=made_at)
    _write(out, content)
    return len(extract.entries)


def read_extract(connection: Connection, area: Area, book: str) -> LogbookExtract:
    """All of a book, with the names of the area's places."""
    connection.execute("BEGIN")
    try:
        entries, marks = read_entries(connection, area.id, book), read_marks(connection, area.id, book)
    finally:
        connection.execute("COMMIT")
    names = {id: place.name for places in (area.zones, area.gates) for id, place in places.items()}
    return LogbookExtract(area=area.id, area_name=area.name, timezone=area.timezone, book=book, entries=entries, marks=marks, names=names)


def _write(out: Path, content: bytes) -> None:
    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise WrongUse(f"cannot write {out}: {error.strerror or error}; give a place that can be written, with --out") from error
