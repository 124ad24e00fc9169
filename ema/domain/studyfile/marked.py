"""YAML as plain data with the line of every field.

Read event by event, so that a hostile file costs no more than its size: aliases are counted as they unfold, depth is
limited, tags are refused. Scalars are read as in YAML 1.2: `no` and `21:30` stay the text that they look like.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ema.domain.errors import Finding

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 40

Place = tuple[str | int, ...]
"""Where a field stands in the data: `("items", 0, "low")`."""

Data = dict[str, "Data"] | list["Data"] | str | int | float | bool | None

TOO_DEEP = f"this is nested more than {MAX_DEPTH} deep; check the brackets and indents"
CONTROL = "there is a control character here; remove it"

_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass
class Marked:
    """A file's data, the line (from 1) of every field, and what is wrong with the file as YAML."""

    file: str
    data: Data = None
    lines: dict[Place, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    borrowed: dict[Place, tuple[Marked, Place]] = field(default_factory=dict)
    """Parts of the data that another file gave, and where they stand there."""

    def line(self, path: Place) -> int | None:
        """The line of the field, or of the nearest part around it that the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def name(self, path: Place) -> str:
        """The field as a person would name it: `items.wb_mood.low`, `consent.screens[3].text` (counted from 1)."""
        words = ""
        here: Data = self.data
        for part in path:
            if isinstance(part, int):
                here = here[part] if isinstance(here, list) and part < len(here) else None
                called = here.get("id", here.get("name")) if isinstance(here, dict) else None
                words += f".{called}" if isinstance(called, str) else f"[{part + 1}]"
            else:
                here = here.get(part) if isinstance(here, dict) else None
                words += f".{part}" if words else part
        return words

    def finding(self, path: Place, message: str) -> Finding:
        for cut in range(len(path), 0, -1):
            if path[:cut] in self.borrowed:
                other, place = self.borrowed[path[:cut]]
                return other.finding((*place, *path[cut:]), message)
        return Finding(self.file, self.line(path), self.name(path), message)


class _Refused(Exception):
    """The file can't be read further."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def folders(study: Path) -> tuple[Path, Path]:
    """Where the files that a study names may stand: in its own folder, or in the one above."""
    own = study.parent
    return own, own.parent if own.name not in ("", "..") else own / ".."


def read(path: Path) -> Marked:
    """The file as data with lines. Never raises for what is in the file: see `findings`."""
    return _marked(str(path), lambda: _text(path))


def read_text(text: str, name: str) -> Marked:
    """The same for text that is in no file; findings call it `name`."""
    return _marked(name, lambda: text)


def _marked(name: str, text: Callable[[], str]) -> Marked:
    marked = Marked(name)
    try:
        marked.data = _Builder(marked).build(text())
    except _Refused as refused:
        marked.findings.append(Finding(marked.file, refused.line, "", str(refused)))
    return marked


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _Refused("there is no such file; check the name") from None
    except OSError as error:
        raise _Refused(f"the file can't be read ({error.strerror}); check its name and permissions") from None
    if len(raw) > MAX_BYTES:
        raise _Refused(f"the file is larger than {MAX_BYTES // 1000} kB; a study file is text of a few pages")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _Refused("this is not UTF-8 text; save the file as UTF-8", line) from None


class _Builder:
    """Builds data from the parser's events."""

    def __init__(self, marked: Marked) -> None:
        self.marked = marked
        self.anchors: dict[str, list[yaml.Event]] = {}

    def build(self, text: str) -> Data:
        try:
            events = self._unfolded(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else None
            raise _Refused(
                f"this is not YAML: {error.problem or error.context}; check indents and quotes", line
            ) from None
        except yaml.reader.ReaderError as error:
            line = text[: error.position].count("\n") + 1
            raise _Refused(CONTROL, line) from None
        if not events:
            raise _Refused("the file is empty; see questionnaires/studies/twice_daily.yaml for an example")
        events.reverse()
        return self._node(events, ())

    def _unfolded(self, text: str) -> list[yaml.Event]:
        """The events of the one document, with aliases replaced by what they stand for."""
        unfolded: list[yaml.Event] = []
        documents = depth = 0
        open_anchors: list[tuple[str, int, int]] = []
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = _line(event)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refused("a second document begins here; keep one study or questionnaire in each file", line)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self.anchors:
                    raise _Refused(f"*{event.anchor} stands for nothing that is complete above it", line)
                unfolded += self.anchors[event.anchor]
                if depth + _height(self.anchors[event.anchor]) > MAX_DEPTH:
                    raise _Refused(TOO_DEEP, line)
            elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
                if isinstance(event, yaml.ScalarEvent) and _UNREADABLE.search(event.value):
                    raise _Refused(CONTROL, line)
                if event.tag is not None and event.tag != "!":
                    raise _Refused(f"tags such as {event.tag} are not read; remove it", line)
                depth += isinstance(event, yaml.CollectionStartEvent)
                unfolded.append(event)
                if event.anchor and isinstance(event, yaml.ScalarEvent):
                    self.anchors[event.anchor] = [event]
                elif event.anchor:
                    open_anchors.append((event.anchor, len(unfolded) - 1, depth))
            elif isinstance(event, yaml.CollectionEndEvent):
                unfolded.append(event)
                if open_anchors and open_anchors[-1][2] == depth:
                    anchor, begin, _ = open_anchors.pop()
                    self.anchors[anchor] = unfolded[begin:]
                depth -= 1
            if depth > MAX_DEPTH:
                raise _Refused(TOO_DEEP, line)
            if len(unfolded) > MAX_NODES:
                raise _Refused("aliases unfold to too much here; write less by reference", line)
        return unfolded

    def _node(self, events: list[yaml.Event], path: Place) -> Data:
        event = events.pop()
        self.marked.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] and event.style is None else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            entries: list[Data] = []
            while not isinstance(events[-1], yaml.CollectionEndEvent):
                entries.append(self._node(events, (*path, len(entries))))
            events.pop()
            return entries
        return self._mapping(events, path)

    def _mapping(self, events: list[yaml.Event], path: Place) -> Data:
        fields: dict[str, Data] = {}
        while not isinstance(events[-1], yaml.CollectionEndEvent):
            key = events[-1]
            line = _line(key)
            if not isinstance(key, yaml.ScalarEvent):
                raise _Refused("a field's name must be a word", line)
            events.pop()
            name = str(key.value)
            here = (*path, name)
            if name in fields:
                self.marked.findings.append(
                    Finding(
                        self.marked.file,
                        line,
                        self.marked.name(here),
                        f"is already written in line {self.marked.lines[here]}; keep one of the two",
                    )
                )
                self._node(events, (*here, 0))
                continue
            self.marked.lines[here] = line
            fields[name] = self._node(events, here)
        events.pop()
        return fields


def _scalar(text: str) -> Data:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _height(events: list[yaml.Event]) -> int:
    """How deep the events nest."""
    height = depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        height = max(height, depth)
    return height


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
