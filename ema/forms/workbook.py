"""The sheets of an XLSForm file, read within limits.

A workbook is a zip of XML that anybody may have made. Before pyxform sees it, its parts are unpacked against a budget,
and what a form never needs is refused: formulas (their values are whatever the last program left there), document
types and entities (they can grow without end), other encodings than UTF-8.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pyxform.errors import PyXFormError, PyXFormReadError  # type: ignore[import-untyped]
from pyxform.xls2json_backends import get_xlsform  # type: ignore[import-untyped]
from pyxform.xls2xform import convert  # type: ignore[import-untyped]

from ema.forms.losses import refuse

MAX_BYTES = 1_000_000
MAX_UNPACKED = 10_000_000
MAX_PARTS = 200
MAX_ROWS = 2_000
MAX_CELLS = 40_000
MAX_CHARACTERS = 4_000
"""In one cell: four screens' worth."""
MAX_COLUMNS = 200

SHEETS = ("survey", "choices", "settings")

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ROW = re.compile(r"\[row : (\d{1,7})\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Row:
    """One row of a sheet: its number as a spreadsheet shows it (the header is 1), and its filled cells by header."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Workbook:
    """The sheets that XLSForm knows, and the names of the others."""

    file: str
    sheets: dict[str, tuple[Row, ...]]
    others: tuple[str, ...] = ()


def read(path: Path) -> Workbook:
    """The file's sheets. Raises InvalidForm with one clear line."""
    file = str(path)
    kind = path.suffix.lower()
    if kind not in (".xlsx", ".md"):
        raise refuse(file, "is neither .xlsx nor .md; save the form as an Excel workbook (.xlsx)")
    raw = _bytes(path)
    if kind == ".xlsx":
        _check_parts(file, raw)
    else:
        _check_text(file, raw)
    try:
        found = get_xlsform(raw, file_type=kind)
        survey = found.survey
        _check_sheets(file, {name: getattr(found, name) or [] for name in SHEETS})
        if survey is not None:
            convert(xlsform=raw, file_type=kind, validate=False)
    except PyXFormReadError as error:
        raise refuse(file, f"can't be read as XLSForm ({_plain(error)}); save it anew as {kind}") from None
    except PyXFormError as error:
        # pyxform's own words say what to mend; it names the row where it knows it
        row = _ROW.search(str(error))
        raise refuse(file, f"is no sound XLSForm: {_plain(error)}", row=int(row[1]) if row else None) from None
    except BROKEN as error:
        raise refuse(file, f"can't be read as XLSForm ({_plain(error)}); save it anew as {kind}") from None
    if survey is None:
        raise refuse(file, "has no sheet “survey”; name the sheet with the questions so")
    sheets = {name: getattr(found, name) or [] for name in SHEETS}
    others = tuple(str(name) for name in found.sheet_names if str(name).lower() not in SHEETS)
    return Workbook(
        file,
        {name: tuple(_row(at + 2, row) for at, row in enumerate(rows) if row) for name, rows in sheets.items()},
        others if len(found.sheet_names) > 1 else (),
    )


def _check_sheets(file: str, sheets: dict[str, list[dict[str, str]]]) -> None:
    cells = 0
    for name, rows in sheets.items():
        if len(rows) > MAX_ROWS:
            raise refuse(file, f"has {len(rows)} rows; at most {MAX_ROWS} are read", sheet=name)
        for at, row in enumerate(rows):
            cells += len(row)
            if len(row) > MAX_COLUMNS:
                raise refuse(file, f"has more than {MAX_COLUMNS} columns", row=at + 2, sheet=name)
            for header, cell in row.items():
                _check_cell(file, name, at + 2, str(header), str(cell))
    if cells > MAX_CELLS:
        raise refuse(file, f"has {cells} filled cells; at most {MAX_CELLS} are read")


BROKEN = (
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    OSError,
    RecursionError,
    AssertionError,
    SyntaxError,  # the base of ElementTree's ParseError
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
)
"""What pyxform and openpyxl let out on a file that breaks their assumptions."""


def _plain(error: BaseException) -> str:
    """The first line of somebody else's message, short."""
    return (" ".join(str(error).split()) or type(error).__name__)[:200]


def _row(number: int, cells: dict[str, str]) -> Row:
    """Line ends as everywhere else, cells without space around them, and no empty ones."""
    filled = {str(header).strip(): "\n".join(str(cell).splitlines()).strip() for header, cell in cells.items()}
    return Row(number, {header: cell for header, cell in filled.items() if cell})


def _bytes(path: Path) -> bytes:
    file = str(path)
    try:
        with path.open("rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refuse(file, "there is no such file; check the name") from None
    except OSError as error:
        raise refuse(file, f"can't be read ({error.strerror}); check its name and permissions") from None
    if len(raw) > MAX_BYTES:
        raise refuse(file, f"is larger than {MAX_BYTES // 1000} kB; take pictures and other sheets out of the form")
    if not raw.strip():
        raise refuse(file, "is empty")
    return raw


def _check_parts(file: str, raw: bytes) -> None:
    """Unpack every part against the budget, without trusting the sizes that the zip states."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS:
                raise refuse(file, f"holds {len(parts)} parts; a form is a plain workbook of a few sheets")
            if any(part.flag_bits & 1 for part in parts):
                raise refuse(file, "is encrypted; save it without a password")
            budget = MAX_UNPACKED
            for part in parts:
                with package.open(part) as handle:
                    content = handle.read(budget + 1)
                budget -= len(content)
                if budget < 0:
                    raise refuse(file, f"unpacks to more than {MAX_UNPACKED // 1_000_000} MB; it is not a form")
                _check_xml(file, part.filename, content)
    except BROKEN:
        raise refuse(file, "is not an Excel workbook, or is damaged; save it anew as .xlsx") from None


def _check_xml(file: str, part: str, content: bytes) -> None:
    if not part.endswith((".xml", ".rels")):
        return
    if b"\x00" in content[:200] or (b"encoding=" in content[:200] and b"utf-8" not in content[:200].lower()):
        raise refuse(file, f"its part {part[:60]} is not UTF-8; save it anew as .xlsx")
    if _DOCTYPE.search(content):
        raise refuse(file, f"its part {part[:60]} declares entities, which no form needs; save it anew as .xlsx")
    if "worksheets/" in part and _FORMULA.search(content):
        raise refuse(file, "has formulas; copy the cells and paste them as values")


def _check_text(file: str, raw: bytes) -> None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise refuse(file, "is not UTF-8 text; save it as UTF-8", row=line) from None
    lines = text.split("\n")
    if not any(line.lstrip().startswith("|") for line in lines):
        raise refuse(file, "has no tables; each line of a form begins with “|”, as in “| survey |”")
    for number, line_text in enumerate(lines, 1):
        if _CONTROL.search(line_text):
            raise refuse(file, "has a control character here; remove it", row=number)
        if line_text.count("|") > MAX_COLUMNS:
            raise refuse(file, f"has more than {MAX_COLUMNS} columns here", row=number)


def _check_cell(file: str, sheet: str, number: int, header: str, cell: str) -> None:
    if len(cell) > MAX_CHARACTERS or len(header) > MAX_CHARACTERS:
        raise refuse(file, f"“{header[:40]}” is longer than {MAX_CHARACTERS} characters", row=number, sheet=sheet)
    if _CONTROL.search(cell) or _CONTROL.search(header):
        raise refuse(file, f"“{header[:40]!r}” has a control character; remove it", row=number, sheet=sheet)
