"""The columns that a study's questionnaires give, over all versions of its protocol, the newest words winning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ema.domain import scoring
from ema.domain.items import base as items
from ema.domain.items.base import Item, Value
from ema.domain.items.computed import Computed
from ema.domain.protocol import Protocol
from ema.domain.questionnaire import Questionnaire
from ema.exports import asking
from ema.exports.base import Cell, Column
from ema.exports.columns import STATUSES
from ema.exports.names import Names


@dataclass(frozen=True)
class ItemColumn:
    """One item and its columns. An id that two questionnaires share gets the questionnaire before it."""

    questionnaire: str
    item: Item
    column: Column
    beside: tuple[Column, ...]
    """Its status, the way of answering where there are several, and what its type adds."""

    @property
    def columns(self) -> tuple[Column, ...]:
        return (self.column, *self.beside)

    @property
    def sent(self) -> bool:
        """A recording or picture: its cell is the name of the file."""
        return self.item.ask().kind in {"voice", "photo"}

    def cells(self, value: Value | None, status: str | None, file: str | None = None) -> list[Cell]:
        """One cell for each of its columns."""
        cells: list[Cell] = [file if self.sent else self.cell(value), status]
        if self.item.column("en").modes:
            cells.append(None if value is None else self.item.mode(value) or None)
        more = len(self.columns) - len(cells)
        return [*cells, *((None,) * more if value is None else self.item.spread(value))]

    def cell(self, value: Value | None) -> Cell:
        """The stored value as a cell of this column's kind: an option's code, otherwise what was stored."""
        if value is None:
            return None
        number = self.item.number(value)
        if number is not None:
            return int(number) if self.column.kind == "integer" else number
        return None if self.column.kind != "string" else plain(value)


@dataclass(frozen=True)
class ScoreColumn:
    questionnaire: str
    name: str
    columns: tuple[Column, ...]
    """Its value, how many items it stands on, and the way of answering where there are several."""

    def cells(self, value: float | None, n_items: int | None, mode: str) -> list[Cell]:
        cells: list[Cell] = [value, n_items, mode or None]
        return cells[: len(self.columns)]


@dataclass(frozen=True)
class Instruments:
    items: tuple[ItemColumn, ...]
    scores: tuple[ScoreColumn, ...]
    questionnaires: Mapping[str, Questionnaire]
    """The newest of each id."""
    protocols: dict[int, Protocol]

    def find(self, questionnaire: str, item: str) -> ItemColumn | None:
        """The columns of an item; None for one that no version of the study knows."""
        return self._by_key.get((questionnaire, item))

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], ItemColumn]:
        return {(one.questionnaire, one.item.id): one for one in self.items}

    @property
    def newest(self) -> Protocol:
        return self.protocols[max(self.protocols)]

    def score(self, name: str, version: int) -> scoring.Score:
        """The rule of a score as that version has it."""
        return self._rules[version][name]

    @cached_property
    def _rules(self) -> dict[int, dict[str, scoring.Score]]:
        return {
            version: {score.name: score for form in protocol.questionnaires.values() for score in form.scores}
            for version, protocol in self.protocols.items()
        }

    def modes(self) -> dict[int | str, str]:
        """Every way of answering that a score can have, in words."""
        return _modes(one.item for one in self.items)

    def series(self) -> frozenset[str]:
        """The columns of the table of check-ins that belong to counted prompts."""
        counted = {
            name
            for protocol in self.protocols.values()
            for schedule in protocol.schedules
            if schedule.counts
            for name in schedule.questionnaires
        }
        own: list[ItemColumn | ScoreColumn] = [*self.items, *self.scores]
        return frozenset(column.name for one in own if one.questionnaire in counted for column in one.columns)

    def asked(self, schedule: str, kind: str, version: int) -> list[ItemColumn]:
        """The items of one prompt, in the order of the study's document."""
        protocol = self.protocols[version]
        if kind == "practice":
            names: tuple[str, ...] = protocol.practice
        elif kind == "unscheduled":
            names = protocol.unscheduled
        else:
            names = protocol.schedule(schedule).questionnaires
        keys = [(name, item.id) for name in names for item in protocol.questionnaires[name].items]
        return [self._by_key[key] for key in keys if key in self._by_key]


def instruments(protocols: Sequence[Protocol]) -> Instruments:
    """`protocols` are all versions, oldest first."""
    language = protocols[-1].languages[0]
    forms: dict[str, Questionnaire] = {}
    known: dict[tuple[str, str], tuple[Questionnaire, Item]] = {}
    rules: dict[str, tuple[Questionnaire, scoring.Score]] = {}
    for protocol in protocols:
        forms |= protocol.questionnaires
        for form in protocol.questionnaires.values():
            known |= {(form.id, item.id): (form, item) for item in form.items if item.answers_expected or item.hidden}
            rules |= {score.name: (form, score) for score in form.scores}
    ids = [item for _, item in known]
    names = Names()
    own = {key: names.take(f"{key[0]}__{key[1]}" if ids.count(key[1]) > 1 else key[1]) for key in known}
    given = {name: names.take(name) for name in rules}
    columns = [
        _item(form, item, language, names, name=own[key], number=number)
        for number, (key, (form, item)) in enumerate(known.items(), 1)
    ]
    return Instruments(
        tuple(columns),
        tuple(_score(form, score, names, given[name]) for name, (form, score) in rules.items()),
        forms,
        {protocol.version: protocol for protocol in protocols},
    )


def plain(value: Value) -> str:
    return ";".join(value) if isinstance(value, tuple) else str(value)


def _item(form: Questionnaire, item: Item, language: str, names: Names, *, name: str, number: int) -> ItemColumn:
    given = item.column(language)
    first = replace(
        _column(form, given, name),
        wording=item.text.say(language),
        rule=f"worked out: {item.expression}" if isinstance(item, Computed) else "",
        shown=asking.shown(form).get(item.id, ""),
        number=number,
    )
    beside = [Column(names.take(name, "_status"), f"Status of {name}", "string", labels=STATUSES)]
    first = replace(first, empty_because=beside[0].name)
    if given.modes:
        label = f"How {name} was answered"
        beside.append(Column(names.take(name, "_mode"), label, "string", labels=dict(given.modes)))
    more = item.beside(language)
    beside += [_column(form, one, names.take(name, one.name.removeprefix(item.id))) for one in more]
    return ItemColumn(form.id, item, first, tuple(beside))


def _column(form: Questionnaire, given: items.Column, name: str) -> Column:
    scale = "scale points" if given.kind == "integer" and given.labels else ""
    return Column(
        name=name,
        label=given.label,
        kind=given.kind,
        units=given.units or scale,
        labels=given.labels,
        source=_source(form),
    )


def _source(form: Questionnaire) -> str:
    return f"{form.id}: {form.title}. {form.provenance.citation}"


def _score(form: Questionnaire, score: scoring.Score, names: Names, name: str) -> ScoreColumn:
    low, high = score.range
    value = Column(
        name=name,
        label=score.label,
        kind="float",
        units=f"points, {low:g} to {high:g}; {score.direction}",
        source=_source(form),
        rule=_rule(score),
    )
    columns = [value, Column(names.take(name, "_n"), f"Items answered for {name}", "integer")]
    if modes := _modes(form.items):
        columns.append(Column(names.take(name, "_mode"), f"How {name} was answered", "string", labels=modes))
    return ScoreColumn(form.id, score.name, tuple(columns))


def _modes(asked: Iterable[Item]) -> dict[int | str, str]:
    """The ways of answering that must not be mixed, and what stands for a mixture. Empty where there are none."""
    modes: dict[int | str, str] = {code: words for item in asked for code, words in item.column("en").modes.items()}
    return {**modes, "+".join(sorted(map(str, modes))): "both in one check-in: no score"} if modes else {}


def _rule(score: scoring.Score) -> str:
    rule = f"{score.method} of {', '.join(score.items)}; empty unless {score.needed} of {len(score.items)} are answered"
    if score.weights:
        rule += f"; weights: {', '.join(f'{name} {weight:g}' for name, weight in score.weights.items())}"
    if score.multiply_by:
        rule += f"; times {score.multiply_by:g}"
    if score.lookup:
        rule += "; then the published value for that sum: " + ", ".join(
            f"{raw} {value:g}" for raw, value in score.lookup.items()
        )
    if score.reverse:
        rule += f"; reversed: {', '.join(score.reverse)}"
    if score.missing.up_to:
        rule += f"; up to {score.missing.up_to} unanswered take the mean of the rest (a convention, flagged as imputed)"
    if score.cutoffs:
        rule += "; bands: " + ", ".join(f"from {cutoff.at:g} {cutoff.label}" for cutoff in score.cutoffs)
    if score.meaningful_change:
        rule += f"; a change of {score.meaningful_change:g} or more is published as one that matters"
    return rule
