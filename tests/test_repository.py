"""What the documents say is so, and what the repository must not hold. Read by machine, so that it stays true."""

import importlib
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
import typer
import yaml
from typer.testing import CliRunner

from ema import exports
from ema.__main__ import app
from ema.config import Settings
from ema.texts.catalogue import MENU

ROOT = Path(__file__).parents[1]
PROMISES = (
    "An answer that was acknowledged on the phone is stored. Kill any process at any moment and it is still there.",
    "A prompt is planned exactly once. It is sent within its window, perhaps twice after a crash; otherwise it is not sent, and its row says why. A duplicate is harmless: buttons carry the prompt's id, and answers are unique.",
    "Every planned prompt ends as one row in one final state with a reason. Non-delivery can be told from non-response.",
    "Local time means the participant's local time, across daylight saving, midnight, and a change of time zone.",
    "A peer worker cannot see an answer. A researcher cannot see a Telegram identity. Withdrawing with erasure reaches the backups.",
)
LONGEST = 400
MAY_BE_LONGER = {
    "ema/store/tables.py": "every table, so that the whole shape of the data is read in one place",
    "migrations/versions/0001_first.py": "written by Alembic from the tables",
}
WORKSHOP = re.compile(
    r"\b(cl[a]ude|anth[r]opic|open[a]i|chat[g]pt|copil[o]t|l[l]ms?|sub-?ag[e]nts?|language m[o]dels?|"
    r"AI[- ]generated|helper s[e]ssions?|founding eng[i]neers?)\b",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.$}~])/(?:root|work|home)/\w")
HOST = re.compile(r"https?://|\b[\w-]+\.(?:org|com|net|io|dev)\b", re.IGNORECASE)


def tracked():
    """What git holds or would take up: a document that is not added yet is checked too."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file())


FILES = tracked()
DOCUMENTS = [name for name in FILES if name.endswith(".md")]
OURS = [name for name in DOCUMENTS if name.startswith(("README", "CHANGELOG", "docs/", ".github/", "questionnaires/"))]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def text_files():
    for name in FILES:
        try:
            yield name, read(name)
        except UnicodeDecodeError:
            continue


# --- commands

NAMED = re.compile(r"(?:\.venv/bin/|python -m |--rm web )?\bema\b (.+)")


def spans(document):
    """Lines of code blocks, and code spans in the text."""
    blocks = re.split(r"^ *```.*$", document, flags=re.MULTILINE)
    for at, part in enumerate(blocks):
        yield from part.splitlines() if at % 2 else re.findall(r"`([^`\n]+)`", part)


def commands():
    """(document, words after `ema`), as the documents name them."""
    found = set()
    for name in OURS:
        for span in spans(read(name)):
            line = span.strip().removeprefix("docker compose run --rm web ")
            line = f"ema {line}" if line != span.strip() else line
            match = re.fullmatch(NAMED, line)
            if match:
                found.add((name, match[1].split("#")[0].strip()))
    return sorted(found)


def command_of(words):
    """The command that these words call, and the words after its name."""
    at = typer.main.get_command(app)
    while isinstance(at, click.Group) or hasattr(at, "commands"):
        if not words or words[0] not in at.commands:
            raise LookupError(" ".join(words) or "(nothing)")
        at, words = at.commands[words[0]], words[1:]
    return at, words


@pytest.mark.parametrize(("document", "line"), commands(), ids=lambda value: value[:60])
def test_every_command_that_is_named_exists_with_its_options(document, line):
    command, rest = command_of(line.split())
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in rest:
        if word.startswith("-"):
            assert word.split("=")[0] in known | {"--help"}, f"{document}: {word} is no option of {command.name}"


def every_command(group=None, before=()):
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, (*before, name))
        else:
            yield (*before, name)


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_helps_and_is_in_the_readme(words):
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output
    assert f"`ema {' '.join(words)}" in read("README.md")


# --- documents


def test_the_readme_makes_the_five_promises_word_for_word():
    section = re.search(r"^## Promises\n\n(.*?)\n\n", read("README.md"), re.MULTILINE | re.DOTALL)
    assert section[1].splitlines() == [f"{number}. {promise}" for number, promise in enumerate(PROMISES, 1)]


def test_the_readme_lists_every_setting_with_its_default():
    rows = dict(re.findall(r"^\| `(EMA_\w+)` \| (.*?) \|", read("README.md"), re.MULTILINE))
    fields = {f"EMA_{name}".upper(): field for name, field in Settings.model_fields.items()}
    assert rows.keys() == fields.keys()
    for name, field in fields.items():
        if field.default not in {None, ""}:
            assert rows[name] == f"`{field.default}`"


def test_the_readme_says_what_every_room_is_for():
    rooms = {f"ema/{path.name}" for path in (ROOT / "ema").iterdir() if path.name[0] not in "._"}
    rooms |= {"bot", "analysis", "questionnaires", "migrations", "tests", "docs"}
    map_of_rooms = read("README.md").partition("## Rooms")[2].partition("\n## ")[0]
    assert not [room for room in rooms if f"`{room}`" not in map_of_rooms]


def test_participants_read_of_every_command_of_the_menu():
    listed = set(re.findall(r"^\| /(\w+) \|", read("docs/participants/README.md"), re.MULTILINE))
    assert listed == {*MENU, "start"}


def test_researchers_read_of_every_format():
    page = read("docs/researchers/README.md")
    assert not [name for name in exports.FORMATS if f"`{name}`" not in page]


def anchors(document):
    """The names of a document's headings, as they are linked to."""
    headings = re.findall(r"^#+ (.*)$", document, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_relative_link_leads_somewhere(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", read(name))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (ROOT / name).parent / path if path else ROOT / name
        assert there.exists(), f"{name}: {target}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there.read_text(encoding="utf-8")), f"{name}: {target}"


def test_pictures_are_small():
    for picture in (ROOT / "docs" / "pictures").glob("*"):
        assert picture.stat().st_size < 200_000, picture.name


def test_decisions_have_their_parts_and_are_listed():
    index = read("docs/decisions/README.md")
    for name in FILES:
        if re.match(r"docs/decisions/\d", name):
            document = read(name)
            parts = re.findall(r"^## (.*)$", document, re.MULTILINE)
            assert parts == ["Context", "Decision", "Consequences", "Alternatives"], name
            assert "**Status:**" in document
            assert Path(name).name in index
            assert document.startswith(f"# {Path(name).name[:4]}: ")


def test_the_changelog_says_what_is_not_released():
    assert re.search(r"^## \[Unreleased\]$", read("CHANGELOG.md"), re.MULTILINE)


# --- what the repository must not hold


def test_lock_files_name_no_server():
    locks = [name for name in FILES if name.endswith(".lock")]
    assert {"requirements.lock", "requirements-dev.lock", "requirements-setup.lock"} == set(locks)
    for name in locks:
        assert not HOST.search(read(name)), name
        assert "--hash=sha256:" in read(name)


def test_no_file_names_a_folder_of_somebodys_machine():
    assert [name for name, text in text_files() if MACHINE.search(text)] == []


def test_no_file_tells_how_it_was_made():
    assert [name for name, text in text_files() if WORKSHOP.search(text)] == []


def test_files_stay_short():
    long = {
        name: len(text.splitlines())
        for name, text in text_files()
        if name.endswith((".py", ".js", ".css", ".html", ".yaml")) and "/vendor/" not in name
    }
    assert {name: lines for name, lines in long.items() if lines > LONGEST and name not in MAY_BE_LONGER} == {}


# --- instruments and rooms


@pytest.mark.parametrize("path", sorted((ROOT / "questionnaires").glob("*.yaml")), ids=lambda path: path.name)
def test_every_questionnaire_states_source_licence_and_citation(path):
    if path.name.endswith(".cases.yaml"):
        return
    provenance = yaml.safe_load(path.read_text(encoding="utf-8"))["provenance"]
    assert all(provenance[part].strip() for part in ("source", "licence", "citation"))
    assert f"`{path.name}`" in read("questionnaires/README.md")


@pytest.mark.parametrize("name", ["ema", "bot", "analysis", "questionnaires"])
def test_the_rooms_come_from_this_checkout(name):
    assert Path(importlib.import_module(name).__file__).is_relative_to(ROOT)


def named_tests(page):
    """(file, test) for each that a page names; a file holds for the tests that follow it on its line."""
    for line in page.splitlines():
        file = None
        for word in re.findall(r"`([^`]+)`", line):
            if word.startswith("tests/") and word.endswith(".py"):
                file = word
            elif word.startswith("test_"):
                assert file is not None, f"{word} stands in no file"
                yield file, word


@pytest.mark.parametrize("page", ["docs/operators/promises.md", "docs/decisions/requirements.md"])
def test_every_test_that_the_promises_and_requirements_name_exists(page):
    named = list(named_tests(read(page)))
    assert len(named) > 50
    for file, name in named:
        assert re.search(rf"^(async )?def {name}\(", read(file), re.MULTILINE), (file, name)


def test_every_requirement_has_a_test_or_says_why_not():
    points = re.split(r"^### ", read("docs/decisions/requirements.md"), flags=re.MULTILINE)[1:]
    numbered = [int(found[1]) for point in points if (found := re.match(r"(\d+)\. ", point))]
    assert numbered == list(range(1, 24))
    for point in points:
        for line in re.findall(r"^- .*", point, re.MULTILINE):
            assert "`tests/" in line or "**Not yet**: " in line or "**Not the software's**: " in line, line
        assert "\n- " in point, point


def test_the_page_on_promises_has_each_of_them_word_for_word():
    page = re.sub(r"\s+", " ", read("docs/operators/promises.md"))
    for promise in PROMISES:
        assert f"*{promise}*" in page
