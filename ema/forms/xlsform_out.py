"""A questionnaire as XLSForm: a workbook (.xlsx), or the same tables as Markdown (.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import Workbook  # type: ignore[import-untyped]

from ema.domain.items.base import Item
from ema.domain.items.calendar import Date
from ema.domain.items.choice import Choice
from ema.domain.items.computed import Computed
from ema.domain.items.duration import Duration
from ema.domain.items.faces import Faces
from ema.domain.items.location import Location
from ema.domain.items.multiple import Multiple
from ema.domain.items.number import Number
from ema.domain.items.rating import Rating
from ema.domain.items.text import Text
from ema.domain.items.vas import Vas
from ema.domain.items.yes_no import YesNo
from ema.domain.localised import Localised
from ema.domain.questionnaire import Questionnaire
from ema.forms.common import ends_hint, in_language, language_name, languages, unplaced
from ema.forms.losses import Loss, refuse

Line = dict[str, str]
Sheets = dict[str, list[Line]]

_AS_THEY_ARE = {"info": "note", "date": "date", "time": "time", "voice": "audio", "photo": "image"}
"""Item types that are a question type without more."""


def write(questionnaire: Questionnaire, path: Path) -> list[Loss]:
    """Write `path`, whose ending says which of the two. Gives what XLSForm could not carry."""
    made = _Form(questionnaire)
    made.build()
    if path.suffix == ".xlsx":
        _workbook(made.sheets).save(path)
    elif path.suffix == ".md":
        path.write_text(_markdown(made.sheets, made.losses), encoding="utf-8")
    else:
        raise refuse(str(path), "XLSForm is written as .xlsx or .md; end the name with one of them")
    return made.losses


@dataclass
class _Form:
    questionnaire: Questionnaire
    sheets: Sheets = field(default_factory=lambda: {"survey": [], "choices": [], "settings": []})
    losses: list[Loss] = field(default_factory=list)
    languages: tuple[str, ...] = ()

    def build(self) -> None:
        form = self.questionnaire
        self.languages = languages(form)
        if form.introduction:
            name = next(n for n in ("introduction", "introduction_") if n not in {item.id for item in form.items})
            self.sheets["survey"].append({"type": "note", "name": name, **self._words("label", form.introduction)})
            self.lose("introduction", "it is a note before the first question", "nothing to do")
        for item in form.items:
            line = self._line(item)
            if line:
                self.sheets["survey"].append({"type": line.pop("type"), "name": item.id, **line})
        settings = {"form_title": form.title, "form_id": form.id}
        if self.languages:
            settings["default_language"] = language_name(self.languages[0])
        self.sheets["settings"].append(settings)
        self.losses += unplaced(form, provenance=True)

    def lose(self, where: str, what: str, remedy: str) -> None:
        self.losses.append(Loss(where, what, remedy))

    def _words(self, column: str, words: Localised) -> Line:
        if not self.languages:
            return {column: words.say("")}
        return {
            f"{column}::{language_name(language)}": said
            for language in self.languages
            if (said := in_language(words, language))
        }

    def _line(self, item: Item) -> Line | None:
        where = f"items.{item.id}"
        label = self._words("label", item.text)
        match item:
            case Choice():
                for option in item.options:
                    self._option(item.id, option.value, option.label, option.code)
                return {"type": f"select_one {item.id}", **label}
            case YesNo():
                self._option(item.id, "yes", item.yes, 1)
                self._option(item.id, "no", item.no, 0)
                return {"type": f"select_one {item.id}", **label}
            case Multiple():
                return {"type": f"select_multiple {item.id}", **label, **self._several(item)}
            case Rating():
                return {**self._scale(item.min, item.max, item.low, item.high), **label}
            case Vas():
                return {**self._scale(0, 100, item.low, item.high), **label}
            case Faces():
                self.lose(where, "faces become numbers", "draw them with media::image in the choices if needed")
                return {**self._scale(1, item.points, item.low, item.high), **label}
            case Number():
                hint = self._words("hint", item.unit) if item.unit else {}
                if item.decimals:
                    self.lose(where, f"that it has at most {item.decimals} decimals is left out", "nothing to do")
                if item.unit:
                    self.lose(where, "its unit stands in the hint", "nothing to do")
                constraint = f". >= {item.min:.10g} and . <= {item.max:.10g}"
                return {"type": "decimal" if item.decimals else "integer", **label, **hint, "constraint": constraint}
            case Duration():
                self.lose(where, "a duration becomes a whole number", "say in the question that minutes are meant")
                return {"type": "integer", **label, "constraint": f". >= {item.min} and . <= {item.max}"}
            case Text():
                return {"type": "text", **label, "constraint": f"string-length(.) <= {item.most}"}
            case Location():
                self.lose(
                    where, "a place would be stored exactly elsewhere, so it is left out", "think before adding it"
                )
                return None
            case Computed():
                self.lose(where, f"“{item.expression[:80]}” is left out", "write it as a calculation there")
                return None
        if isinstance(item, Date) and item.model_fields_set & {"earliest", "latest"}:
            self.lose(where, f"that it lies from {item.earliest} to {item.latest} is left out", "write a constraint")
        if item.type in _AS_THEY_ARE:
            return {"type": _AS_THEY_ARE[item.type], **label}
        self.lose(where, f"an item of type {item.type} is left out", "write it there by hand")
        return None

    def _option(self, list_name: str, value: str, label: Localised, code: int | None) -> None:
        line = {"list_name": list_name, "name": value, **self._words("label", label)}
        if code is not None:
            line["code"] = str(code)
        self.sheets["choices"].append(line)

    def _several(self, item: Multiple) -> Line:
        for option in item.options:
            self._option(item.id, option.value, option.label, None)
            if option.exclusive:
                self.lose(f"items.{item.id}", f"that “{option.value}” stands alone is left out", "write a constraint")
        if item.minimum > 1 or item.maximum is not None:
            most = item.maximum or len(item.options)
            return {"constraint": f"count-selected(.) >= {item.minimum} and count-selected(.) <= {most}"}
        return {}

    def _scale(self, first: int, last: int, low: Localised, high: Localised) -> Line:
        """A range, its two ends in the hint: the import reads them back from there."""
        said = {
            language: ends_hint(first, in_language(low, language), last, in_language(high, language))
            for language in self.languages
            if in_language(low, language) and in_language(high, language)
        }
        hint = Localised(said or {"*": ends_hint(first, low.say(""), last, high.say(""))})
        return {"type": "range", **self._words("hint", hint), "parameters": f"start={first} end={last} step=1"}


def _headers(lines: list[Line]) -> list[str]:
    return list(dict.fromkeys(header for line in lines for header in line))


def _workbook(sheets: Sheets) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        headers = _headers(lines)
        for at, line in enumerate([dict(zip(headers, headers, strict=True)), *lines], 1):
            for column, header in enumerate(headers, 1):
                if header in line:
                    cell = sheet.cell(at, column)
                    cell.value = line[header]
                    cell.data_type = "s"  # words that begin with = are words, not a formula
    return book


def _markdown(sheets: Sheets, losses: list[Loss]) -> str:
    text = []
    for name, lines in sheets.items():
        if not lines:
            continue
        headers = _headers(lines)
        text += [f"| {name} |", "| | " + " | ".join(headers) + " |"]
        for line in lines:
            if any("\n" in cell for cell in line.values()):
                losses.append(
                    Loss(f"{name} {line.get('name', '')}".strip(), "its line breaks become spaces", "use .xlsx")
                )
            text.append("| | " + " | ".join(_cell(line.get(header, "")) for header in headers) + " |")
    return "\n".join(text) + "\n"


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")
