"""XLSForm to a questionnaire. Every cell is either carried or reported.

What XLSForm has no place for (source, licence, how long it takes) is filled with words that say so, and reported.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ema.domain.items import AnyItem
from ema.domain.questionnaire import Questionnaire
from ema.forms import naming, workbook
from ema.forms.conditions import Named, NotCarried, translate
from ema.forms.losses import Loss, refuse
from ema.forms.questions import ASKED, Question
from ema.forms.wording import Cells, Words, code

SECONDS_AN_ITEM = 8
"""A guess of the time that one question takes; the researcher is told that it is one."""

NOT_STATED = "not stated"

_ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
_ITEM: TypeAdapter[Any] = TypeAdapter(AnyItem)
_RECORDED = {"start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "start-geopoint"}
_REMEDIES = {
    "required": "every question can be skipped here; nothing to do",
    "appearance": "a chat draws questions in its own way; nothing to do",
    "constraint_message": "the chat has its own words for it; nothing to do",
    "default": "nothing is answered beforehand here; nothing to do",
    "choice_filter": "write a question for each set of options",
}
_PIPED = re.compile(r"\$\{\s*([^{}\s]+)\s*\}")


@dataclass(frozen=True)
class Imported:
    """A questionnaire as plain data, ready for a file, and what the form said that it does not say."""

    data: dict[str, Any]
    losses: tuple[Loss, ...]

    def questionnaire(self) -> Questionnaire:
        return Questionnaire.model_validate_json(json.dumps(self.data))


def read(path: Path, questionnaire_id: str) -> Imported:
    """The form as the questionnaire `questionnaire_id`. Raises InvalidForm where there is nothing to carry."""
    if not _ID.fullmatch(questionnaire_id):
        raise refuse(
            str(path),
            f"can't become “{questionnaire_id}”: name the new file with small letters, digits and underscores",
        )
    return _Import(workbook.read(path), questionnaire_id).done()


@dataclass
class _Group:
    """A group or repeat that is open. The outermost group is a page; `show_if` of those inside goes to their items."""

    kind: str
    page: dict[str, Any] | None = None
    show_if: str = ""


@dataclass
class _Import:
    book: workbook.Workbook
    questionnaire_id: str
    losses: list[Loss] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    known: dict[str, Named] = field(default_factory=dict)
    language: str | None = None
    inside: list[_Group] = field(default_factory=list)
    """The groups and repeats that are open."""
    pages: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, list[Cells]] = field(default_factory=dict)
    asked_for: set[str] = field(default_factory=set)

    def done(self) -> Imported:
        title = self._settings()
        self.lists = self._choices()
        for row in self.book.sheets["survey"]:
            cells = Cells("survey", row, self.language)
            self._row(cells)
            if cells.take("type"):
                for header, cell in cells.rest():
                    remedy = _REMEDIES.get(header, "see whether the question needs it")
                    cells.lose(f"“{header}: {cell[:60]}” is not carried", remedy)
            self.losses += cells.losses
        for name, rows in self.lists.items():
            if name not in self.asked_for:
                self.losses.append(
                    Loss(f"choices row {rows[0].row.number}", f"no question asks for the list {name}", "nothing to do")
                )
        for name in self.book.others:
            self.losses.append(Loss(f"sheet {name}", "is not read", "it holds nothing that a questionnaire has"))
        if not self.items:
            first = f"; {self.losses[0]}" if self.losses else ""
            raise refuse(self.book.file, f"has no question that can be carried{first}")
        self._unstated()
        data: dict[str, Any] = {
            "format": 1,
            "id": self.questionnaire_id,
            "title": title or self.questionnaire_id,
            "provenance": {
                "source": f"Imported from the XLSForm {Path(self.book.file).name}.",
                "citation": NOT_STATED,
                "licence": NOT_STATED,
                "validation": NOT_STATED,
                "recall": NOT_STATED,
                "measures": "feedback",
            },
            "seconds": max(1, SECONDS_AN_ITEM * len(self.items)),
            "items": self.items,
        }
        if pages := self._flow():
            data["pages"] = pages
        return Imported(data, tuple(self.losses))

    def _settings(self) -> str:
        title = ""
        for row in self.book.sheets["settings"]:
            cells = Cells("settings", row)
            title = title or cells.take("form_title")
            form = cells.take("form_id")
            if form and form != self.questionnaire_id:
                cells.lose(f"the form is called {form}", f"it is {self.questionnaire_id} here, as its file")
            default = cells.take("default_language")
            self.language = self.language or (code(default) if default else None)
            for header, cell in cells.rest():
                cells.lose(f"“{header}: {cell[:60]}” has no counterpart", "nothing to do, unless you relied on it")
            self.losses += cells.losses
        return title

    def _choices(self) -> dict[str, list[Cells]]:
        lists: dict[str, list[Cells]] = {}
        for row in self.book.sheets["choices"]:
            cells = Cells("choices", row, self.language)
            name = cells.take("list_name") or cells.take("list name")
            lists.setdefault(name, []).append(cells)
        return lists

    def _row(self, cells: Cells) -> None:
        written = " ".join(cells.take("type").split())
        kind, _, rest = written.partition(" ")
        joined = written.replace(" ", "_").lower()
        begins = re.fullmatch(r"begin_(group|repeat)", joined)
        if begins:
            self._begin(cells, begins[1])
        elif re.fullmatch(r"end_(group|repeat)", joined):
            cells.take("name")
            if self.inside:
                self.inside.pop()
        elif not written:
            if cells.row.cells:
                cells.lose("a row without a type is not read", "give it a type, or nothing if it is a remark")
        elif kind in _RECORDED or joined in _RECORDED:
            cells.take("name")
            cells.lose(f"“{written}” is not a question", "times and device are the platform's to record; nothing to do")
        elif any(group.kind == "repeat" for group in self.inside):
            name = cells.take("name")
            cells.used.update(cells.row.cells)
            cells.lose(f"{name or written} stands in a repeat and is left out", "write it once, or as several items")
        else:
            self._question(cells, kind, rest)

    def _begin(self, cells: Cells, kind: str) -> None:
        name = cells.take("name")
        group = _Group(kind)
        self.inside.append(group)
        if kind == "repeat":
            cells.used.update(cells.row.cells)
            cells.lose(f"the repeat {name} is left out with its questions", "write them once, or as several items")
            return
        condition = self._condition(cells, f"the group {name}")
        title = cells.words("label")
        if len(self.inside) == 1:
            group.page = {"id": naming.item_id(name, {page["id"] for page in self.pages})}
            if title:
                group.page["title"] = title
            if condition:
                group.page["show_if"] = condition
        else:
            group.show_if = condition
            if title:
                words = _first(title)[:60]
                cells.lose(f"the heading “{words}” of a group in a group is left out", "write it as an info item")
        appearance = cells.take("appearance")
        if appearance and appearance != "field-list":
            cells.lose(f"the appearance {appearance[:40]} is not carried", "a chat shows one question at a time")

    def _question(self, cells: Cells, kind: str, rest: str) -> None:
        build = ASKED.get(kind)
        name = cells.take("name")
        if build is None:
            cells.used.update(cells.row.cells)
            cells.lose(f"{name or 'a row'} of type “{kind[:40]}” is left out", f"there are {', '.join(ASKED)}")
            return
        text = self._text(cells, name, kind)
        question = Question(cells, kind, rest, self._named, lambda source: translate(source, self.known))
        data = build(question)
        for language, words in cells.words("hint").items() if not ({"low", "high"} & (data or {}).keys()) else ():
            cells.lose(f"the hint “{words[:80]}” ({language}) is left out", "put it into the question if it is needed")
        if data is None:
            cells.used.update(cells.row.cells)
            return
        item_id = naming.item_id(name, self.taken)
        data = {"id": item_id, "type": data.pop("type"), "text": text, **data}
        problem = _problem(data)
        if problem:
            cells.used.update(cells.row.cells)
            cells.lose(f"{name} is left out: {problem}", "change it in the form, or write the item by hand")
            return
        if item_id != name:
            cells.lose(f"{name} is called {item_id}", "use this name in scores and analyses")
        self.taken.add(item_id)
        self.items.append(data)
        self._place(item_id, self._condition(cells, name))
        self.known[name] = question.named(item_id)

    def _text(self, cells: Cells, name: str, kind: str) -> Words:
        text = cells.words("label")
        if not text and kind == "calculate":
            return {"*": name}
        if not text:
            cells.lose(f"{name} has no words", "its name stands for them; write the question")
            text = {"*": name}
        return {language: self._piped(cells, words) for language, words in text.items()}

    def _piped(self, cells: Cells, words: str) -> str:
        """Earlier answers in the words, `${n}`, as they are written here: `{answer.n}`."""

        def said(found: re.Match[str]) -> str:
            named = self.known.get(found[1])
            if named is None:
                cells.lose(f"its words hold the answer to {found[1][:40]}, which is not carried", "rewrite them")
                return "…"
            return f"{{answer.{named.item}}}"

        return _PIPED.sub(said, words)

    def _named(self, list_name: str) -> list[Cells]:
        self.asked_for.add(list_name)
        return self.lists.get(list_name, [])

    def _place(self, item_id: str, condition: str) -> None:
        """Put the item on the page of its outermost group, or on one without a group."""
        outer = self.inside[0] if self.inside else None
        conditions = [group.show_if for group in self.inside if group.show_if] + [condition] * bool(condition)
        placed: Any = item_id
        if conditions:
            said = conditions[0] if len(conditions) == 1 else " and ".join(f"({one})" for one in conditions)
            placed = {"item": item_id, "show_if": said}
        if outer is not None and outer.page is not None:
            page = outer.page
        elif self.pages and self.pages[-1].get("loose"):
            page = self.pages[-1]
        else:
            page = {"id": naming.item_id(f"page_{len(self.pages) + 1}", {p["id"] for p in self.pages}), "loose": True}
        if page not in self.pages:
            self.pages.append(page)
        page.setdefault("items", []).append(placed)

    def _flow(self) -> list[dict[str, Any]]:
        """The pages, or none where they would say nothing."""
        plain = all(page.keys() <= {"id", "loose", "items"} for page in self.pages)
        bare = all(isinstance(placed, str) for page in self.pages for placed in page["items"])
        if plain and bare and all(page.get("loose") for page in self.pages):
            return []
        return [{key: value for key, value in page.items() if key != "loose"} for page in self.pages]

    def _condition(self, cells: Cells, name: str) -> str:
        condition = cells.take("relevant")
        if not condition:
            return ""
        try:
            return translate(condition, self.known)
        except NotCarried as reason:
            cells.lose(
                f"{name} is asked only if {condition[:120]}; this is not carried, because {reason}",
                "it is always asked; write the condition by hand as show_if",
            )
            return ""

    def _unstated(self) -> None:
        where = self.questionnaire_id
        for what in ("citation", "licence", "validation", "recall"):
            self.losses.append(Loss(f"{where}.provenance.{what}", "XLSForm has no place for it", "write it"))
        self.losses.append(
            Loss(f"{where}.provenance.measures", "XLSForm does not say", "“feedback” stands there; write what it is")
        )
        self.losses.append(
            Loss(f"{where}.seconds", f"is guessed at {SECONDS_AN_ITEM} s a question", "write how long it takes")
        )


def _first(words: Words) -> str:
    return next(iter(words.values()), "")


def _problem(data: dict[str, Any]) -> str:
    """Why this platform would refuse the item, or nothing."""
    try:
        _ITEM.validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        found = error.errors()[0]
        place = ".".join(str(step) for step in found["loc"][1:])
        return f"{place}: {found['msg']}" if place else found["msg"]
    return ""
