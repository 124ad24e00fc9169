"""The table of scores: each with what it stands on, its band, and how far it lies from the person's own baseline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ema.domain.scoring import Scored, change
from ema.exports.base import Cell, Column, Row, Table
from ema.exports.columns import FLAGS, PARTICIPANT, PLACE, PROMPT, YES_NO, table_of
from ema.exports.instruments import Instruments
from ema.exports.records import Person, PromptRecord, ScoreRecord, Source


def scores(source: Source, instruments: Instruments) -> Table:
    meaning = _meaning(instruments)
    columns = (
        PARTICIPANT,
        PROMPT,
        *PLACE,
        Column("counts", "Part of compliance and trends", "integer", labels=YES_NO),
        Column("position", "Running number of the counted prompts", "integer"),
        Column("score", "Name of the score (see the codebook)", "string"),
        Column("value", "The score; empty where too few items were answered", "float"),
        Column("n_items", "Items answered", "integer"),
        Column("n_of", "Items that belong to it", "integer"),
        Column("imputed", "Unanswered items took the mean of the answered ones", "integer", labels=YES_NO),
        Column(
            "mode", "How its items were answered, where that must not be mixed", "string", labels=instruments.modes()
        ),
        Column("band", "Label of the published cut-off that the value has reached", "string"),
        Column("baseline", "Mean of her own baseline scores, answered in the same way", "float", rule=meaning),
        Column("change", "value less baseline", "float", rule=meaning),
        Column("n_baseline", "How many baseline scores it is the mean of", "integer", rule=meaning),
        Column(
            "meaningful",
            "Whether change reaches the size that is published as one that matters; empty where none is published",
            "integer",
            labels=YES_NO,
            rule=meaning,
        ),
        *FLAGS,
    )

    def rows(person: Person) -> Iterator[Row]:
        prompts = {prompt.id: prompt for prompt in person.prompts}
        before = _baselines(person, prompts, instruments)
        for one in person.scores:
            prompt = prompts[one.prompt]
            yield (
                person.about.participant,
                prompt.id,
                prompt.study_day,
                prompt.slot,
                prompt.kind,
                int(prompt.counts),
                prompt.position,
                one.name,
                one.value,
                one.n_items,
                one.n_of,
                int(one.imputed),
                one.mode or None,
                instruments.score(one.name, prompt.protocol_version).band(one.value),
                *_change(one, prompt, before.get(one.name, []), instruments),
                int(person.about.test),
                int(person.about.simulated),
            )

    return table_of("scores", "Every score", columns, lambda: source.people(scores=True), rows)


Baseline = list[tuple[datetime, ScoreRecord]]
"""When each was begun, and the score."""


def _baselines(person: Person, prompts: dict[int, PromptRecord], instruments: Instruments) -> dict[str, Baseline]:
    """Her baseline scores that have a value, by name."""
    found: dict[str, Baseline] = {}
    for one in person.scores:
        prompt = prompts[one.prompt]
        if one.value is not None and prompt.schedule in instruments.newest.baseline:
            found.setdefault(one.name, []).append((_begun(prompt), one))
    return found


def _change(one: ScoreRecord, prompt: PromptRecord, before: Baseline, instruments: Instruments) -> tuple[Cell, ...]:
    """Baseline, change, number of baseline scores, meaningful: for what was begun after her whole baseline."""
    if not before or _begun(prompt) <= max(begun for begun, _ in before):
        return (None, None, None, None)
    rule = instruments.score(one.name, prompt.protocol_version)
    found = change(rule, _scored(one), [_scored(score) for _, score in before])
    return (found.baseline, found.value, found.n_baseline, None if found.meaningful is None else int(found.meaningful))


def _begun(prompt: PromptRecord) -> datetime:
    return prompt.first_action_at or prompt.due_at


def _scored(one: ScoreRecord) -> Scored:
    modes = tuple(one.mode.split("+")) if one.mode else ()
    return Scored(one.name, one.value, one.n_items, one.n_of, one.imputed, modes=modes)


def _meaning(instruments: Instruments) -> str:
    """What is compared with what in this study."""
    study = instruments.newest
    if not study.baseline:
        return "The study names no baseline, so this is empty"
    own = {schedule.id: _names(instruments, schedule.questionnaires) for schedule in study.schedules}
    before = {name for schedule, names in own.items() if schedule in study.baseline for name in names}
    later = [
        f"{schedule} ({', '.join(name for name in names if name in before)})"
        for schedule, names in own.items()
        if schedule not in study.baseline and before.intersection(names)
    ]
    return (
        f"Baseline: her scores of {', '.join(study.baseline)}. Compared with it, where begun after it: "
        f"{', '.join(later) or 'nothing'}. A change is how the same person answered later, not an effect of taking "
        "part: time, regression to the mean and who stays in a study make changes as well"
    )


def _names(instruments: Instruments, questionnaires: tuple[str, ...]) -> list[str]:
    return [score.name for form in questionnaires for score in instruments.newest.questionnaires[form].scores]
