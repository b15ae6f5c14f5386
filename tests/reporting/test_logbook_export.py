"""The logbook handed on: nothing is lost, nothing that was typed is executed."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from deining.domain.logbook import Action, IncidentStep, LogbookEntry, Priority, derive_marks
from deining.domain.logbook_chain import entry_hash
from deining.reporting.logbook_export import CSV_COLUMNS, FORMULA_STARTS, WORDS, LogbookExtract, export_csv, export_pdf
from deining.storage.logbook import append
from tests.builders import MINUTE, NOON, a_draft
from tests.tampering import a_store

NASTY = '= Heading\n#panic("no") *bold* $x^2$ `raw` <label> @ref [x] \\ // /* #image("/etc/passwd") <b>tag</b> ${1} {{2}}'


def an_extract(*drafts: dict[str, Any], **given: Any) -> LogbookExtract:
    store = a_store()
    entries = [append(store, "town", "live", a_draft(**draft), b"{}", NOON + k * MINUTE) for k, draft in enumerate(drafts)]
    usual: dict[str, Any] = {"area": "town", "area_name": "Town", "timezone": ZoneInfo("Europe/Amsterdam"), "book": "live", "names": {"square": "Grote Markt"}}
    return LogbookExtract(**{**usual, "entries": entries, "marks": derive_marks(entries), **given})


def rows_of(extract: LogbookExtract) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export_csv(extract).decode(), newline="")))


def read_back(row: dict[str, str]) -> LogbookEntry:
    """An entry from its line of CSV, as somebody outside would who read the documentation."""
    cell = {name: value[1:] if value.startswith("'") else value for name, value in row.items()}

    def time(name: str) -> datetime | None:
        return datetime.fromisoformat(cell[name]) if cell[name] else None

    def number(name: str) -> int | None:
        return int(cell[name]) if cell[name] else None

    names = ("area", "book", "author", "role", "category", "text", "reason", "previous", "hash")
    optional = ("place", "incident", "incident_category", "alert", "frozen_sha256")
    return LogbookEntry(
        **{name: cell[name] for name in names},  # type: ignore[arg-type]
        **{name: cell[name] or None for name in optional},  # type: ignore[arg-type]
        number=int(cell["number"]),
        occurred_at=datetime.fromisoformat(cell["occurred_at"]),
        entered_at=datetime.fromisoformat(cell["entered_at"]),
        priority=Priority(cell["priority"]),
        rejected=tuple(json.loads(cell["rejected"] or "[]")),
        action=Action(text=cell["action"], owner=cell["action_owner"], due=time("action_due")) if cell["action"] else None,
        corrects=number("corrects"),
        completes=number("completes"),
        decision=number("decision"),
        incident_step=IncidentStep(cell["incident_step"]) if cell["incident_step"] else None,
    )


FULL = {
    "text": NASTY, "reason": "why", "rejected": ("nothing", "=1+1"), "action": Action(text="@go", owner="-A", due=NOON), "alert": "a-1", "decision": 7,
    "priority": Priority.URGENT, "incident_step": IncidentStep.OPENED, "incident_category": "fire",
}  # fmt: skip


def test_the_hash_can_be_computed_from_the_csv_alone() -> None:
    extract = an_extract(FULL, {"corrects": 1, "place": None}, {"completes": 1})
    for row, entry in zip(rows_of(extract), extract.entries, strict=True):
        assert read_back(row) == entry
        assert entry_hash(read_back(row)) == row["hash"]


def test_the_script_in_the_documentation_checks_a_csv_without_deining(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "logbook.md").read_text()
    namespace: dict[str, Any] = {"__name__": "script"}
    exec(page.partition("```python\n")[2].partition("```")[0], namespace)
    extract = an_extract(FULL, {"text": "'quoted'\n=1"}, {"corrects": 1, "place": None})
    file = tmp_path / "log.csv"
    file.write_bytes(export_csv(extract))
    assert namespace["check"](file) == f"whole; the end is {extract.entries[-1].hash}"
    file.write_bytes(export_csv(extract).replace(b"quoted", b"edited"))
    assert namespace["check"](file).startswith("entry 2 is not as it was written")


def test_the_csv_says_what_later_entries_did() -> None:
    first, *_ = rows_of(an_extract(FULL, {"corrects": 1}, {"completes": 1, "occurred_at": NOON}))
    assert (first["corrected_by"], first["action_done_at"], first["place_name"]) == ("2", "2026-07-04T12:00:00+02:00", "Grote Markt")
    assert tuple(first) == CSV_COLUMNS


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_no_cell_is_a_formula_and_one_apostrophe_less_gives_the_text_back(text: str) -> None:
    extract = an_extract({})
    extract = replace(extract, entries=[replace(extract.entries[0], text=text, author=f"={text}")])
    (row,) = rows_of(extract)
    assert not row["text"].startswith(FORMULA_STARTS[:-1])
    assert row["author"] == f"'={text}"
    assert (row["text"][1:] if row["text"].startswith("'") else row["text"]) == text


def pages(pdf: bytes) -> int:
    return int(re.findall(rb"<xmpTPg:NPages>(\d+)<", pdf)[0])


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_pdf_is_tagged_and_says_that_it_is_pdf_ua(language: str) -> None:
    pdf = export_pdf(an_extract(FULL, {"corrects": 1}), language=language, made_at=NOON)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"/MarkInfo<</Marked true" in pdf
    assert f"/Lang({language})".encode() in pdf
    assert pages(pdf) == 1


def test_the_same_entries_and_time_give_the_same_file() -> None:
    extract = an_extract(FULL)
    assert export_pdf(extract, language="nl", made_at=NOON) == export_pdf(extract, language="nl", made_at=NOON)


def test_an_empty_logbook_is_a_page_too() -> None:
    assert pages(export_pdf(an_extract(), language="en", made_at=NOON)) == 1
    assert rows_of(an_extract()) == []


@pytest.mark.parametrize("text", ["\U0001f600 crowd", "人群", "\u202babc", "\ufffe", "زحام", "𝔘\u0301", "a\u0301\u0323", "\u00a0"])
def test_a_character_that_no_font_can_draw_does_not_stop_the_export(text: str) -> None:
    assert pages(export_pdf(an_extract({"text": text}), language="nl", made_at=NOON)) == 1


def test_an_entry_of_the_longest_kind_goes_over_pages() -> None:
    assert pages(export_pdf(an_extract({"text": "Lang verhaal. " * 700}), language="nl", made_at=NOON)) >= 2


def content_of(*drafts: dict[str, Any]) -> list[dict[str, Any]]:
    """What Typst makes headings, pictures, bold or raw of, in the page with these entries."""
    from deining.reporting import logbook_export as export

    content = export._pdf_content(an_extract(*drafts), "en", NOON, export.DRAWABLE[0])
    with resources.as_file(resources.files("deining.reporting") / "logbook.typ") as template:
        compiler = typst.Compiler(template, ignore_system_fonts=True, sys_inputs={"content": json.dumps(content)})
        kinds = ("heading", "image", "raw", "math.equation", "ref", "link")
        return [found for kind in kinds for found in json.loads(compiler.query(kind))]


def test_what_was_typed_is_never_read_as_markup() -> None:
    plain, nasty = content_of({"text": "plain"}), content_of({"text": NASTY, "author": NASTY, "reason": NASTY, "rejected": (NASTY,)})
    assert [one["func"] for one in plain] == [one["func"] for one in nasty]
    assert [one["func"] for one in plain] == ["heading", "heading", "raw", "raw"]


@settings(max_examples=10, deadline=None)
@given(st.text(max_size=60))
def test_any_text_makes_a_page(text: str) -> None:
    extract = an_extract({})
    text = text.encode("utf-8", "replace").decode()
    extract = replace(extract, entries=[replace(extract.entries[0], text=text, author=text)])
    assert pages(export_pdf(extract, language="nl", made_at=NOON)) == 1


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["en"].keys() == WORDS["nl"].keys()
