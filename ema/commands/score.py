"""`ema score`: score completions of an instrument that stand in a CSV file."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ema.domain.errors import EmaError, Finding, InvalidAnswer
from ema.domain.scoring import Score, Scored, compute
from ema.domain.scoring import change as change_of
from ema.domain.studyfile import load_questionnaire
from questionnaires import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ema.domain.items.base import Value
    from ema.domain.questionnaire import Questionnaire

MISSING = frozenset(("", "NA"))
FLAGS = frozenset(("1", "0", ""))


class InvalidTable(EmaError):
    """A CSV file that can't be scored. Carries every finding."""

    status = 422

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))


def score(
    instrument: Annotated[str, typer.Argument(help="An instrument's id, such as rses_a, or a questionnaire file.")],
    file: Annotated[Path | None, typer.Argument(help="CSV: a column per item, a row per completion.")] = None,
    template: Annotated[bool, typer.Option("--template", help="Print the header of such a file instead.")] = False,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="A column with 1 in the rows that are the baseline of their id."),
    ] = None,
) -> None:
    """Score a CSV file. Empty cells and NA are missing; columns that are no items are handed through.

    Each score NAME comes with NAME_n_items (answered), NAME_n_of, NAME_imputed (1: missing items were
    replaced) and, where it has cut-offs, NAME_band.

    With --baseline the rows of an id stand in the order of time. Each row after its baseline has NAME_baseline
    (the mean of the baseline rows), NAME_change (less that) and NAME_meaningful (1: the change reaches the size
    that is published as one that matters; empty where none is).
    """
    if file is None and not template:
        raise typer.BadParameter("say which CSV file, or ask for the --template", param_hint="FILE")
    try:
        form = _instrument(instrument)
        if file is None or template:
            table = [["id", *_columns(form)]]
        else:
            table = _table(form, *_scored(form, file, baseline), change=baseline is not None)
    except EmaError as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(1) from None
    csv.writer(sys.stdout, lineterminator="\n").writerows(table)


def _instrument(named: str) -> Questionnaire:
    path = Path(named)
    if path.suffix != ".yaml":
        path = ROOT / f"{named}.yaml"
        known = sorted(file.stem for file in ROOT.glob("*.yaml") if "." not in file.stem)
        if named not in known:
            raise InvalidTable([Finding(named, None, "", f"is no instrument; there are {', '.join(known)}")])
    form = load_questionnaire(path)
    if not form.scores:
        raise InvalidTable([Finding(named, None, "", "has no scores, so there is nothing to do")])
    return form


def _columns(form: Questionnaire) -> list[str]:
    return [item.id for item in form.items if item.answers_expected]


@dataclass(frozen=True)
class Completion:
    """One row: whose it is, whether it is part of her baseline, the cells that are handed through, and its scores."""

    person: str
    baseline: bool
    kept: list[str]
    scored: list[Scored]


def _table(form: Questionnaire, kept: list[str], rows: list[Completion], *, change: bool) -> list[list[str]]:
    table = [[*kept, *(name for score in form.scores for name in _names(score, change=change))]]
    last = {row.person: at for at, row in enumerate(rows) if row.baseline}
    before: dict[str, list[Completion]] = {}
    for row in rows:
        if row.baseline:
            before.setdefault(row.person, []).append(row)
    for at, row in enumerate(rows):
        cells = list(row.kept)
        for place, score in enumerate(form.scores):
            cells += _cells(score, row.scored[place])
            if change:
                later = at > last.get(row.person, at)
                hers = [one.scored[place] for one in before[row.person]] if later else []
                cells += _change(score, row.scored[place], hers)
        table.append(cells)
    return table


def _scored(form: Questionnaire, file: Path, baseline: str | None) -> tuple[list[str], list[Completion]]:
    """The header of what is handed through, and the rows. Nothing is written before every row is sound."""
    items = {item.id: item for item in form.items if item.answers_expected}
    findings: list[Finding] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.reader(handle, strict=True)
            header = [name.strip() for name in next(rows, [])]
            _check(header, [*items, *(["id", baseline] if baseline else [])], str(file))
            kept = [at for at, name in enumerate(header) if name not in items]
            completions: list[Completion] = []
            for row in rows:
                if not row:
                    continue
                if len(row) != len(header):
                    words = f"has {len(row)} cells, but the header has {len(header)}"
                    findings.append(Finding(str(file), rows.line_num, "", words))
                    continue
                answers: dict[str, Value] = {}
                for name, cell in zip(header, row, strict=True):
                    if name in items and cell.strip() not in MISSING:
                        try:
                            answers[name] = items[name].read_cell(cell)
                        except InvalidAnswer as refused:
                            findings.append(Finding(str(file), rows.line_num, name, str(refused)))
                flag = row[header.index(baseline)].strip() if baseline else ""
                if flag not in FLAGS:
                    findings.append(
                        Finding(str(file), rows.line_num, baseline or "", f"“{flag[:20]}” is neither 1 nor 0")
                    )
                person = row[header.index("id")] if baseline else ""
                cells = [row[at] for at in kept]
                completions.append(Completion(person, flag == "1", cells, compute(form, answers)))
    except FileNotFoundError:
        raise InvalidTable([Finding(str(file), None, "", "there is no such file; check the name")]) from None
    except OSError as error:
        raise InvalidTable([Finding(str(file), None, "", f"can't be read ({error.strerror})")]) from None
    except UnicodeDecodeError:
        raise InvalidTable([Finding(str(file), None, "", "is not UTF-8 text; save it as CSV UTF-8")]) from None
    except csv.Error as error:
        raise InvalidTable([Finding(str(file), None, "", f"is not CSV: {error}")]) from None
    if findings:
        raise InvalidTable(findings)
    return [header[at] for at in kept], completions


def _check(header: list[str], needed: Iterable[str], file: str) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        words = f"has no column {', '.join(missing)}; `--template` prints the header (cells apart by commas)"
        raise InvalidTable([Finding(file, 1, "", words)])
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidTable([Finding(file, 1, "", f"has the column {', '.join(twice)} twice; keep one")])


def _names(score: Score, *, change: bool) -> list[str]:
    ends = ["", "_n_items", "_n_of", "_imputed", *(["_band"] if score.cutoffs else [])]
    return [score.name + end for end in (*ends, *(["_baseline", "_change", "_meaningful"] if change else []))]


def _cells(score: Score, scored: Scored) -> list[str]:
    band = [scored.band or ""] if score.cutoffs else []
    return [_said(scored.value), str(scored.n_items), str(scored.n_of), str(int(scored.imputed)), *band]


def _change(score: Score, now: Scored, baseline: list[Scored]) -> list[str]:
    found = change_of(score, now, baseline)
    return [_said(found.baseline), _said(found.value), "" if found.meaningful is None else str(int(found.meaningful))]


def _said(number: float | None) -> str:
    return "" if number is None else str(number).removesuffix(".0")
