"""The page that shows every screen: a row for each, in every language that was walked through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ema.domain.conversation.joining import LANGUAGE_NAMES
from tests.screens.hands import MakeWorld
from tests.screens.tour import Tour

LANGUAGES = ("en", "es")
FOLDER = Path(__file__).parents[2] / "docs" / "participants"
PAGE = FOLDER / "screens.md"
HEAD = """\
# Every screen

What the bot can show somebody who takes part, taken from the running bot by `make screens`. The first word of a name is the
place of the dialogue; what follows the hyphen is a variant. People, places, payment and duties in it are made up. The words
of the questions are those of the bundled study, but for the last two parts, which show what other studies can offer.
The Spanish words are unreviewed: no native speaker has checked them.
"""


@dataclass(frozen=True)
class Seen:
    """A screen that was walked past: under which heading, by which name, and what could be read."""

    heading: str
    name: str
    words: str
    place: str
    stored: str | None
    """Where the dialogue stood, as it was stored."""


def walk(make_world: MakeWorld, language: str) -> list[Seen]:
    tour = Tour(make_world, language)
    return [
        Seen(heading, stop.name, stop.words, stop.place, tour.place_of(stop.who))
        for heading, stops in tour.sections()
        for stop in stops
    ]


def picture(language: str, name: str) -> Path:
    return FOLDER / "screens" / language / f"{name}.png"


def written(walks: Iterable[tuple[str, list[Seen]]]) -> str:
    """The page as it stands in the documents. What can be read on a picture is said for who can't see it."""
    by_language = dict(walks)
    first = next(iter(by_language.values()))
    words = {(language, seen.name): seen.words for language, walked in by_language.items() for seen in walked}
    lines, heading = [HEAD], ""
    for seen in first:
        if seen.heading != heading:
            heading = seen.heading
            names = [LANGUAGE_NAMES[language] for language in by_language]
            lines += [f"## {heading}\n", f"| name | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
        cells = [
            f"![{_plain(words[language, seen.name])}]({picture(language, seen.name).relative_to(FOLDER)})"
            for language in by_language
        ]
        lines.append(f"| `{seen.name}` | {' | '.join(cells)} |")
    text = "\n".join(lines) + "\n"
    return text.replace("|\n## ", "|\n\n## ")


def _plain(words: str) -> str:
    return words.replace("|", "/").replace("[", "(").replace("]", ")")
