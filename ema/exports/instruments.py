"""The columns that a study's questionnaires give, over all versions of its protocol, the newest words winning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ema.domain import scoring
from ema.domain.items.base import Item, Value
from ema.domain.protocol import Protocol
from ema.domain.questionnaire import Questionnaire
from ema.exports.base import Cell, Column


@dataclass(frozen=True)
class ItemColumn:
    """One item and its export column. An id that two questionnaires share gets the questionnaire before it."""

    questionnaire: str
    item: Item
    column: Column

    def cell(self, value: Value | None) -> Cell:
        """The stored value as a cell of this column's kind: an option's code, otherwise what was stored."""
        if value is None:
            return None
        number = self.item.number(value)
        if number is not None:
            return int(number) if self.column.kind == "integer" else number
        return None if self.column.kind != "string" else plain(value)

    @property
    def mode_column(self) -> Column | None:
        """For a type whose ways of answering must not be mixed: which way was taken."""
        modes = self.item.column("en").modes
        if not modes:
            return None
        return Column(f"{self.column.name}_mode", f"How {self.column.name} was answered", "string", labels=dict(modes))


@dataclass(frozen=True)
class ScoreColumn:
    questionnaire: str
    name: str
    column: Column


@dataclass(frozen=True)
class Instruments:
    items: tuple[ItemColumn, ...]
    scores: tuple[ScoreColumn, ...]
    protocols: dict[int, Protocol]

    def find(self, questionnaire: str, item: str) -> ItemColumn | None:
        """The column of an item; None for one that no version of the study knows."""
        return self._by_key.get((questionnaire, item))

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], ItemColumn]:
        return {(one.questionnaire, one.item.id): one for one in self.items}

    def series(self) -> frozenset[str]:
        """The columns of the table of check-ins that belong to counted prompts."""
        counted = {
            name
            for protocol in self.protocols.values()
            for schedule in protocol.schedules
            if schedule.counts
            for name in schedule.questionnaires
        }
        own = [item for item in self.items if item.questionnaire in counted]
        items = [item.column.name for item in own]
        modes = [column.name for item in own if (column := item.mode_column)]
        scores = [score.name for score in self.scores if score.questionnaire in counted]
        statuses = (f"{name}_status" for name in items)
        return frozenset([*items, *statuses, *modes, *scores, *(f"{name}_n" for name in scores)])

    def asked(self, schedule: str, kind: str, version: int) -> list[ItemColumn]:
        """The items of one prompt, in the order of the study's document."""
        protocol = self.protocols[version]
        if kind == "practice":
            names: tuple[str, ...] = protocol.practice
        elif kind == "unscheduled":
            names = protocol.unscheduled
        else:
            names = protocol.schedule(schedule).questionnaires
        return [item for name in names for item in self.items if item.questionnaire == name]


def instruments(protocols: Sequence[Protocol]) -> Instruments:
    """`protocols` are all versions, oldest first."""
    questionnaires: dict[str, Questionnaire] = {}
    for protocol in protocols:
        questionnaires |= protocol.questionnaires
    language = protocols[-1].languages[0]
    ids = [item.id for one in questionnaires.values() for item in one.items]
    items = [
        ItemColumn(one.id, item, _item_column(one, item, language, shared=ids.count(item.id) > 1))
        for one in questionnaires.values()
        for item in one.items
        if item.answers_expected
    ]
    scores = [
        ScoreColumn(one.id, score.name, _score_column(one, score))
        for one in questionnaires.values()
        for score in one.scores
    ]
    return Instruments(tuple(items), tuple(scores), {protocol.version: protocol for protocol in protocols})


def plain(value: Value) -> str:
    return ";".join(value) if isinstance(value, tuple) else str(value)


def _item_column(questionnaire: Questionnaire, item: Item, language: str, *, shared: bool) -> Column:
    given = item.column(language)
    return Column(
        name=f"{questionnaire.id}__{given.name}" if shared else given.name,
        label=given.label,
        kind=given.kind,
        units="scale points" if given.kind == "integer" and given.labels else "",
        labels=given.labels,
        source=f"{questionnaire.id}: {questionnaire.title}. {questionnaire.provenance.citation}",
        wording=item.text.say(language),
    )


def _score_column(questionnaire: Questionnaire, score: scoring.Score) -> Column:
    low, high = score.range
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
    return Column(
        name=score.name,
        label=score.label,
        kind="float",
        units=f"points, {low:g} to {high:g}; {score.direction}",
        source=f"{questionnaire.id}: {questionnaire.title}. {questionnaire.provenance.citation}",
        rule=rule,
    )
