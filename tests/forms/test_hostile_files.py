"""Files that were made to hurt: each is refused in one clear line, soon, and without taking memory."""

import io
import time
import tracemalloc
import zipfile

import openpyxl
import pytest

from ema.forms import workbook
from ema.forms.losses import InvalidForm


def xlsx(rows=(("type", "name", "label"), ("note", "a", "A."))):
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in rows:
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def with_part(name, content):
    """The sound workbook with one part replaced or added."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx())) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part.filename, old.read(part))
        new.writestr(name, content)
    return held.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BILLION = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
FAR = (
    b'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c></row>'
    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>note</t></is></c></row></sheetData></worksheet>'
)
HOSTILE = {
    "a zip bomb": (".xlsx", with_part("xl/media/zeros.bin", b"\0" * 50_000_000), "unpacks to more than 10 MB"),
    "10 MB": (".xlsx", b"PK" + b"\1" * 10_000_000, "is larger than 1000 kB"),
    "10 MB of text": (".md", b"| a |\n" * 2_000_000, "is larger than 1000 kB"),
    "a formula": (".xlsx", xlsx([("type", "name", "label"), ("note", "a", "=1+1")]), "has formulas"),
    "entities": (".xlsx", with_part(SHEET, BILLION), "declares entities"),
    "another encoding": (".xlsx", with_part(SHEET, "<worksheet/>".encode("utf-16")), "is not UTF-8"),
    "a broken sheet": (".xlsx", with_part(SHEET, b'<?xml version="1.0"?><worksheet><sheetData><row'), "can't be read"),
    "a sheet that is none": (".xlsx", with_part(SHEET, b"hello"), "can't be read"),
    "cells at the far end": (".xlsx", with_part(SHEET, FAR), "can't be read|no question|no sheet"),
    "no workbook inside": (".xlsx", with_part("xl/workbook.xml", b"<workbook/>"), "can't be read|no sheet"),
    "no zip": (".xlsx", b"hello", "is not an Excel workbook, or is damaged"),
    "half a zip": (".xlsx", xlsx()[:2000], "is not an Excel workbook, or is damaged"),
    "3000 rows": (".xlsx", xlsx([("type", "name", "label"), *[("note", "a", "A.")] * 3000]), "at most 2000 are read"),
    "a long cell": (".xlsx", xlsx([("type", "name", "label"), ("note", "a", "A" * 5000)]), "longer than 4000"),
    "300 columns": (".md", b"| survey |\n" + b"| x " * 300 + b"|\n", "more than 200 columns"),
    "nothing": (".md", b"", "is empty"),
    "not text": (".md", b"\xff\xfe\x00", "is not UTF-8 text"),
    "a control character": (".md", b"| survey |\n| | type\x07 |\n", "has a control character"),
    "prose": (".md", b"Hello, this is no form.\n", "has no tables"),
    "the old format": (".xls", b"\xd0\xcf\x11\xe0", "is neither .xlsx nor .md"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_in_one_line_in_bounded_time_and_memory(name, tmp_path):
    ending, content, said = HOSTILE[name]
    path = tmp_path / f"form{ending}"
    path.write_bytes(content)
    begin = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(InvalidForm, match=said) as refused:
            _read(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(str(path))
    assert most < 80_000_000
    assert time.monotonic() - begin < 10


def _read(path):
    from ema.forms import xlsform_in

    return xlsform_in.read(path, "form")


def test_a_sound_workbook_is_read(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(xlsx())
    assert [row.cells["name"] for row in workbook.read(path).sheets["survey"]] == ["a"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidForm, match="there is no such file; check the name"):
        workbook.read(tmp_path / "form.xlsx")
