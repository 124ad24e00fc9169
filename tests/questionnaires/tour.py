"""The tour in docs/researchers/questionnaires.md, block by block: files written, commands run, screens played.

A block says what it is by its word after the fence:

- `yaml` whose first line is `# NAME.yaml`: the whole file; `# in NAME.yaml`: fields at its top, new or in place of old.
- `csv NAME.csv`: a table.
- `console`: lines that begin with `$ ` are commands of `ema`, the others are exactly what they print.
- `text`: a dialogue. `# FORM` begins a check-in (`# FORM, name = value` says what is known before), `> ` is what she taps,
  types or (in brackets) sends, `→ ` is what is stored, and the rest is the screen, a row of buttons as `[ Yes ] [ No ]`.

`…` stands for anything within a line, and by itself for any lines.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ema.__main__ import app
from ema.domain.conversation import Run
from ema.domain.conversation import effects as fx
from ema.domain.conversation.asking import walked
from ema.domain.items.base import Value
from ema.domain.protocol import Protocol
from ema.domain.screen import Action
from ema.domain.studyfile import load_study
from ema.texts import render
from questionnaires import ROOT
from tests.domain.conversation.talk import Talk

PAGE = Path(__file__).parents[2] / "docs" / "researchers" / "questionnaires.md"

_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"\(sends a place: (.*)\)")
_SENT = re.compile(r"\(sends a (voice message|photo)\)")


@dataclass(frozen=True)
class Block:
    """`kind` is the first word after the fence, `about` the rest of that line; `line` counts from 1."""

    line: int
    kind: str
    about: str
    body: str


def blocks(page: str) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(page):
        kind, _, about = match[1].partition(" ")
        found.append(Block(page.count("\n", 0, match.start()) + 1, kind, about, match[2]))
    return found


def like(expected: str, actual: str) -> bool:
    """Whether the lines are the same, but for what `…` stands for."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in expected.splitlines()
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in actual.splitlines())) is not None


def folder_in(place: Path) -> Path:
    """A folder for studies under a copy of the library, as in the repository."""
    for file in ROOT.glob("*.yaml"):
        shutil.copy(file, place)
    (place / "studies").mkdir()
    return place / "studies"


@dataclass
class Tour:
    """Goes through the blocks in their order. `play` gives pairs: what the page says, and what is so."""

    folder: Path
    dialogue: Dialogue | None = None

    def play(self, block: Block) -> list[tuple[str, str]]:
        with contextlib.chdir(self.folder):
            match block.kind:
                case "yaml":
                    return self._file(block.body)
                case "csv":
                    Path(block.about).write_text(block.body, encoding="utf-8")
                    return []
                case "console":
                    return [(said, _run(command)) for command, said in _commands(block.body)]
                case "text":
                    return self._dialogue(block.body.splitlines())
        raise ValueError(f"line {block.line}: a block of the kind “{block.kind}” is not run by anything")

    def _file(self, body: str) -> list[tuple[str, str]]:
        named = re.match(r"# (in )?([\w.]+\.yaml)\n", body)
        assert named, "the first line of a yaml block names its file"
        file = Path(named[2])
        file.write_text(_changed(file.read_text(encoding="utf-8"), body) if named[1] else body, encoding="utf-8")
        return []

    def _dialogue(self, lines: list[str]) -> list[tuple[str, str]]:
        if lines[0].startswith("# "):
            form, *known = lines.pop(0).removeprefix("# ").split(", ")
            self.dialogue = Dialogue.of(load_study(Path("my_study.yaml")), form, dict(map(_known, known)))
        assert self.dialogue is not None
        pairs: list[tuple[str, str]] = []
        said: list[str] = []
        for line in [*lines, "> "]:
            if line.startswith(("> ", "→ ")):
                if "".join(said).strip():
                    pairs.append(("\n".join(said).strip("\n"), self.dialogue.screen))
                said = []
                if line.startswith("→ "):
                    name = line.removeprefix("→ ").partition(":")[0]
                    pairs.append((line.removeprefix("→ "), f"{name}: {self.dialogue.stored(name)}"))
                elif line != "> ":
                    self.dialogue.does(line.removeprefix("> "))
            else:
                said.append(line)
        return pairs


@dataclass
class Dialogue:
    """One check-in in the dialogue."""

    talk: Talk
    run: Run

    @classmethod
    def of(cls, study: Protocol, form: str, known: dict[str, Value]) -> Dialogue:
        talk = Talk.active(study)
        talk.known = known
        talk.tap(Action("start", prompt=talk.note(questionnaires=tuple(form.split(" + "))).id))
        assert talk.state.run is not None
        return cls(talk, talk.state.run)

    @property
    def screen(self) -> str:
        shown = render(self.talk.screen, "en")
        rows = [" ".join(f"[ {label} ]" for label, _ in row) for row in shown.rows]
        return "\n".join((shown.text, "", *rows))

    def does(self, what: str) -> None:
        if place := _PLACE.fullmatch(what):
            self.talk.send("location", place[1])
        elif sent := _SENT.fullmatch(what):
            self.talk.send(sent[1].split()[0], "handle")
        elif what in self.talk.buttons:
            self.talk.press(what)
        else:
            self.talk.type(what)
        ended = [effect.run for effect in self.talk.done if isinstance(effect, fx.Finish)]
        self.run = ended[0] if ended else self.talk.state.run or self.run

    def stored(self, name: str) -> str:
        """What became of the item, and its value."""
        here = walked(self.run, self.talk.protocol)
        outcome = here.outcomes()[name]
        value = here.computed.get(name, self.run.given[name].value if name in self.run.given else None)
        if outcome != "answered" or value is None:
            return outcome
        return f"{outcome} {'; '.join(value) if isinstance(value, tuple) else _plain(value)}"


def _plain(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _known(written: str) -> tuple[str, Value]:
    name, _, value = written.partition(" = ")
    return name, value if name == "today" else yaml.safe_load(value)


def _changed(before: str, changes: str) -> str:
    """The file with these fields at its top: each in place of the one of its name, or at the end."""
    for part in re.split(r"^(?=[a-z_]+:)", changes, flags=re.MULTILINE)[1:]:
        name = part.partition(":")[0]
        old = re.search(rf"^{name}:.*\n(?:[ -].*\n|\n)*", before, re.MULTILINE)
        before = before.replace(old[0], part, 1) if old else before.rstrip("\n") + "\n" + part
    return before


def _commands(body: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ (.*)\n", body, flags=re.MULTILINE)
    assert not parts[0], "a console block begins with a command"
    return list(zip(parts[1::2], (part.rstrip("\n") for part in parts[2::2]), strict=True))


def _run(command: str) -> str:
    words = shlex.split(command)
    assert words[0] == "ema", f"{command}: only commands of ema are run"
    into = words[-1] if words[-2] == ">" else None
    shown = io.StringIO()
    out = io.StringIO() if into else shown
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(shown), pytest.raises(SystemExit) as ended:
        app(words[1:-2] if into else words[1:], prog_name="ema")
    assert ended.value.code in (0, 1), shown.getvalue()
    if into:
        Path(into).write_text(out.getvalue(), encoding="utf-8")
    return shown.getvalue().rstrip("\n")
