"""Rules for pages, conditions and answers inside words: what would go wrong on a phone is told here, with its place."""

from __future__ import annotations

import re
from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from ema.domain.expressions import BadExpression, check, names_in, never_true, parse
from ema.domain.expressions.parsing import WORDS
from ema.domain.flow import CIRCUMSTANCES
from ema.domain.flow.piping import piped_names
from ema.domain.localised import ANY
from ema.domain.studyfile.flow_names import NameSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ema.domain.errors import Finding
    from ema.domain.expressions import Expression, Kind, Known
    from ema.domain.localised import Localised
    from ema.domain.protocol import Protocol
    from ema.domain.questionnaire import Page, Questionnaire
    from ema.domain.studyfile.marked import Marked, Place

MOST_TRIED = 200
"""Conditions of one questionnaire that are looked into for whether they can ever be true: no file takes for ever."""

_LIKE_PIPED = re.compile(r"(?<!\{)\{([a-z_]+)\.[a-z0-9_.]+(?:\|[^{}]*)?\}(?!\})")


def questionnaire(marked: Marked, form: Questionnaire) -> Iterator[Finding]:
    """What pages and expressions must keep to by themselves."""
    if form.pages and form.sections:
        yield marked.finding(("pages",), "there are sections too; put these pages into a section of their own")
    yield from _pages(marked, form)
    if form.pages or form.sections:
        yield from _placed(marked, form)
    for path, text, _ in _expressions(form):
        try:
            parse(text)
        except BadExpression as bad:
            yield pointed(marked, path, text, bad.at, str(bad))


def study(files: Mapping[str, Marked], protocol: Protocol) -> Iterator[Finding]:
    """What expressions and words may name, over the whole study. Asked only of questionnaires that are sound."""
    uses = any(True for form in protocol.questionnaires.values() for _ in _expressions(form))
    for name, form in protocol.questionnaires.items():
        marked, source = files[name], NameSource(protocol, form)
        if uses:
            yield from _taken(marked, form)
        yield from _checked(marked, form, source)
        yield from _never(marked, form, source)
        yield from _words(marked, form, source)


def _pages(marked: Marked, form: Questionnaire) -> Iterator[Finding]:
    seen: set[str] = set()
    headings: list[tuple[Place, str]] = [(("sections", at), section.id) for at, section in enumerate(form.sections)]
    headings += [(path, page.id) for path, page in pages_of(form)]
    for path, name in headings:
        if name in seen:
            yield marked.finding((*path, "id"), f"there is another page or section {name}; give each its own id")
        seen.add(name)
    for path, page in pages_of(form):
        pool = sum(not placed.fixed for placed in page.items)
        if page.draw is not None and page.draw >= pool:
            yield marked.finding(
                (*path, "draw"),
                f"draws {page.draw} of {pool} items that are not fixed; draw fewer, or take draw out to ask them all",
            )


def _placed(marked: Marked, form: Questionnaire) -> Iterator[Finding]:
    """Every item stands on one page, once."""
    ids = [item.id for item in form.items]
    times = Counter(placed.item for _, _, placed in form.placed())
    seen: set[str] = set()
    for path, page in pages_of(form):
        for at, placed in enumerate(page.items):
            here = (*path, "items", at)
            if placed.item not in ids:
                near = get_close_matches(placed.item, ids, n=1)
                hint = f"did you mean “{near[0]}”?" if near else f"there are {', '.join(ids)}"
                yield marked.finding(here, f"“{placed.item}” is no item of this questionnaire; {hint}")
            elif placed.item in seen:
                yield marked.finding(here, f"{placed.item} has a place already; keep one of the two")
            seen.add(placed.item)
    for at, item in enumerate(form.items):
        if item.id not in times:
            yield marked.finding(("items", at), f"{item.id} stands on no page; put it on one, or remove it")
    for at, score in enumerate(form.scores):
        most = len(score.items)
        for _, page in pages_of(form):
            pool = {placed.item for placed in page.items if not placed.fixed}
            inside = len(pool & set(score.items))
            most -= max(inside - page.draw, 0) if page.draw is not None else 0
        if most < score.needed:
            yield marked.finding(
                ("scores", at),
                f"{score.name} needs {score.needed} answers, and at most {most} of its items are drawn at a time; "
                "draw more, or lower minimum_answered",
            )


def pages_of(form: Questionnaire) -> Iterator[tuple[Place, Page]]:
    """Every page with its path in the file."""
    for at, page in enumerate(form.pages):
        yield ("pages", at), page
    for at, section in enumerate(form.sections):
        for inside, page in enumerate(section.pages):
            yield ("sections", at, "pages", inside), page


def _conditions(form: Questionnaire) -> Iterator[tuple[Place, str, str, list[str]]]:
    """Every condition: its path, its text, the first item that it is asked for, and the texts of those around it."""
    for at, section in enumerate(form.sections):
        if section.show_if is not None:
            yield ("sections", at, "show_if"), section.show_if, section.pages[0].items[0].item, []
    paths = [path for path, _ in pages_of(form)]
    for path, (section_of, page) in zip(paths, form.all_pages(), strict=True):
        around = [section_of.show_if] if section_of and section_of.show_if is not None else []
        if page.show_if is not None:
            yield (*path, "show_if"), page.show_if, page.items[0].item, around
            around = [*around, page.show_if]
        for at, placed in enumerate(page.items):
            if placed.show_if is not None:
                yield (*path, "items", at, "show_if"), placed.show_if, placed.item, around


def _expressions(form: Questionnaire) -> Iterator[tuple[Place, str, str]]:
    """Every expression: its path, its text, and the item at whose place it is worked out."""
    for path, text, item, _ in _conditions(form):
        yield path, text, item
    for path, text, item in _formulas(form):
        yield path, text, item


def _formulas(form: Questionnaire) -> Iterator[tuple[Place, str, str]]:
    for at, item in enumerate(form.items):
        formula = getattr(item, "expression", None)
        if isinstance(formula, str):
            yield ("items", at, "expression"), formula, item.id


def _taken(marked: Marked, form: Questionnaire) -> Iterator[Finding]:
    """Ids that expressions would read as something else."""
    for at, item in enumerate(form.items):
        if item.id in CIRCUMSTANCES or item.id in WORDS:
            yield marked.finding(
                ("items", at, "id"), f"“{item.id}” is a word of its own in expressions; give the item another id"
            )


def _checked(marked: Marked, form: Questionnaire, source: NameSource) -> Iterator[Finding]:
    expected: list[tuple[Place, str, str, Kind]] = [
        (path, text, item, "boolean") for path, text, item, _ in _conditions(form)
    ]
    expected += [(path, text, item, "number") for path, text, item in _formulas(form)]
    for path, text, item, kind in expected:
        for problem in check(parse(text), source.names(item), kind):
            yield pointed(marked, path, text, problem.at, problem.message)


def _never(marked: Marked, form: Questionnaire, source: NameSource) -> Iterator[Finding]:
    blamed: list[str] = []
    tried = 0
    for path, text, item, around in _conditions(form):
        names = source.names(item)
        conditions: list[Expression] = [parse(one) for one in (*around, text)]
        tried += 1
        if tried > MOST_TRIED or any(check(one, names) for one in conditions) or any(one in blamed for one in around):
            continue
        if never_true(conditions, names):
            blamed.append(text)
            yield marked.finding(path, f"can never be true{_ranges(conditions, names)}; nothing here would be shown")


def _ranges(conditions: list[Expression], names: Mapping[str, Known]) -> str:
    told = []
    for name in sorted({name for condition in conditions for name in names_in(condition)}):
        known = names[name]
        if known.low is not None and known.high is not None:
            told.append(f"{name} is {known.low:g} to {known.high:g}")
        elif known.choices:
            told.append(f"{name} is {', '.join(known.choices[:6])}")
    return f" ({'; '.join(told)})" if told else ""


def _words(marked: Marked, form: Questionnaire, source: NameSource) -> Iterator[Finding]:
    """Answers inside words: known names, that can have been given by then."""
    texts: list[tuple[Place, Localised, str]] = [
        (("items", at, "text"), item.text, item.id) for at, item in enumerate(form.items)
    ]
    texts += [((*path, "title"), page.title, page.items[0].item) for path, page in pages_of(form) if page.title]
    texts += [
        (("sections", at, "title"), section.title, section.pages[0].items[0].item)
        for at, section in enumerate(form.sections)
        if section.title
    ]
    for path, text, item in texts:
        names = source.names(item)
        for language, words in text.root.items():
            where = path if language == ANY else (*path, language)
            for found in _LIKE_PIPED.finditer(words):
                if found[1] not in ("answer", "label"):
                    near = get_close_matches(found[1], ("answer", "label"), n=1)
                    hint = f"did you mean “{{{near[0]}.…}}”? " if near else ""
                    yield marked.finding(
                        where, f"“{found[0][:40]}” is shown as it stands; {hint}answers are {{answer.…}} or {{label.…}}"
                    )
            for what, name in piped_names(words):
                known = names.get(name)
                if known is None or known.not_here:
                    problem = check(parse(f"answered({name})"), names)[0] if _readable(name) else None
                    message = problem.message if problem else f"“{name[:30]}” is no name"
                    yield marked.finding(where, f"{{{what}.{name[:30]}}} can't be filled: {message}")


def _readable(name: str) -> bool:
    try:
        parse(f"answered({name})")
    except BadExpression:
        return False
    return True


def pointed(marked: Marked, path: Place, text: str, at: int, message: str) -> Finding:
    """A finding with the column where the expression stands on the field's line, else with the character in it."""
    place = f"character {at + 1} of the expression"
    line = marked.line(path)
    if line is not None and path in marked.lines:
        lines = Path(marked.file).read_text(encoding="utf-8-sig").splitlines()
        column = lines[line - 1].find(text) if line <= len(lines) else -1
        if column >= 0:
            place = f"column {column + at + 1}"
    return marked.finding(path, f"{place}: {message}")
