"""Rows of a study for the analysis and the export: read in one snapshot, the sealed parts opened person by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from ema.domain.conversation.asking import walked
from ema.domain.protocol import Protocol
from ema.exports.records import (
    AnswerRecord,
    CourseRecord,
    MediaRecord,
    Person,
    PersonRecord,
    PromptRecord,
    ScoreRecord,
)
from ema.services.finish import from_answers
from ema.store import sealed, studies, views
from ema.store.vault import Vault

PROMPT_COLUMNS: Final = (
    "participant",
    "study_day",
    "slot",
    "kind",
    "state",
    "reason",
    "due_at",
    "sent_at",
    "first_action_at",
    "finished_at",
    "n_shown",
    "n_answered",
)


def protocols(session: Session, study_id: str) -> list[Protocol]:
    """Every version, oldest first."""
    return [studies.protocol(session, study_id, version) for version in studies.versions(session, study_id)]


def study_days(session: Session) -> dict[tuple[str, int], int]:
    """How many days each version of each study lasts."""
    return {
        (study.id, protocol.version): protocol.days
        for study in studies.everything(session)
        for protocol in protocols(session, study.id)
    }


def prompt_rows(session: Session, study_id: str) -> list[dict[str, Any]]:
    """The frame of prompts: one row per counted or other planned prompt, without what was said."""
    return [
        {"participant": row.participant_id, **{name: getattr(row, name) for name in PROMPT_COLUMNS[1:]}}
        for row in views.prompts(session, study_id)
    ]


@dataclass(frozen=True)
class ScoreRows:
    """One score of the counted prompts, answered in one way: that which most of the study's were answered in."""

    rows: Sequence[Mapping[str, Any]]
    mode: str
    """The way; empty for a score that has only one."""
    left_out: Mapping[str, int]
    """Participant → how many of hers were answered in another way, or in both."""


def score_rows(session: Session, vault: Vault, study_id: str, name: str) -> ScoreRows:
    """The frame of one score. `time` is in study days: day 1, first slot, is 0."""
    protocol = studies.protocol(session, study_id)
    slots = slots_a_day(protocol)
    prompts = {row.id: row for row in views.prompts(session, study_id) if row.counts and row.kind == "scheduled"}
    counted = {row.participant_id for row in prompts.values()}
    rows: dict[str, list[dict[str, Any]]] = {}
    theirs: dict[str, Counter[str]] = {}
    for sheet in sealed.sheets(session, vault, study_id, answers=False, participant_ids=sorted(counted)):
        for score in sheet.scores:
            prompt = prompts.get(score.prompt_id)
            if prompt is None or score.name != name:
                continue
            if score.value is not None or "+" in score.mode:
                theirs.setdefault(score.mode, Counter())[sheet.participant_id] += 1
            if score.value is None:
                continue
            place = (prompt.position - 1) % slots if prompt.position else 0
            rows.setdefault(score.mode, []).append(
                {
                    "participant": sheet.participant_id,
                    "study_day": prompt.study_day,
                    "slot": prompt.slot,
                    "position": prompt.position,
                    "time": prompt.study_day - 1 + place / slots,
                    "score": score.name,
                    "value": score.value,
                    "n_items": score.n_items,
                }
            )
    mode = max(sorted(rows), key=lambda one: len(rows[one]), default="")
    others = sum((count for one, count in theirs.items() if one != mode), Counter[str]())
    return ScoreRows(rows.get(mode, []), mode, others)


def slots_a_day(protocol: Protocol) -> int:
    """How many counted prompts a study day has."""
    return (
        sum(len(schedule.slot_names()) for schedule in protocol.schedules if schedule.counts and schedule.planned) or 1
    )


@dataclass(frozen=True)
class StoredStudy:
    """The records of a study as an export reads them: a `ema.exports.records.Source` on one snapshot."""

    session: Session
    vault: Vault
    study_id: str
    protocols: Mapping[int, Protocol]
    """By version."""

    def people(self, *, answers: bool = False, scores: bool = False) -> Iterator[Person]:
        prompts: dict[str, list[PromptRecord]] = {}
        open_prompts: dict[str, dict[int, Any]] = {}
        for row in views.prompts(self.session, self.study_id):
            prompts.setdefault(row.participant_id, []).append(_prompt(row))
            if row.state == "open":
                open_prompts.setdefault(row.participant_id, {})[row.id] = row
        # sorted here: a database sorts text by its own language's rules
        rows = sorted(views.people(self.session, self.study_id), key=lambda row: str(row.id))
        unsealed: Iterator[sealed.Sheet] = iter(())
        media: dict[str, dict[str, MediaRecord]] = {}
        if answers or scores:
            ids = [row.id for row in rows]
            unsealed = sealed.sheets(
                self.session, self.vault, self.study_id, answers=answers, scores=scores, participant_ids=ids
            )
        if answers:
            for one in sealed.media.about(self.session, self.study_id):
                record = MediaRecord(one.id, one.prompt_id, one.item, one.state, one.mime)
                media.setdefault(one.participant_id, {})[one.id] = record
        # both run in the order of the pseudonyms; who was erased just now has no sheet
        sheet = next(unsealed, None)
        for row in rows:
            hers = sheet if sheet is not None and sheet.participant_id == row.id else None
            yield Person(
                about=_person(row),
                prompts=tuple(prompts.get(row.id, ())),
                answers=tuple(_answer(one) for one in hers.answers) if hers else (),
                scores=tuple(_score(one) for one in hers.scores) if hers else (),
                courses=self._courses(hers, open_prompts.get(row.id, {})) if hers else {},
                media=media.get(row.id, {}),
            )
            if hers is not None:
                sheet = next(unsealed, None)

    def media(self) -> Iterator[tuple[str, MediaRecord, bytes]]:
        """Participant, what it is, and the recording or picture itself: those that are kept, one after another."""
        counted = {row.id for row in views.people(self.session, self.study_id)}
        for one in sealed.media.of_study(self.session, self.vault, self.study_id):
            if one.body is not None and one.participant_id in counted:
                record = MediaRecord(one.id, one.prompt_id, one.item, "kept", one.mime)
                yield one.participant_id, record, one.body

    def _courses(self, hers: sealed.Sheet, unfinished: Mapping[int, Any]) -> dict[int, CourseRecord]:
        """What became of the items of an open prompt is worked out as if it were closed now."""
        courses = {}
        for prompt_id, course in hers.courses.items():
            shown_at, outcomes = course.shown_at, course.outcomes
            row = unfinished.get(prompt_id)
            if row is not None:
                newest = {one.item: one for one in hers.answers if one.prompt_id == prompt_id}
                protocol = self.protocols[row.protocol_version]
                run = from_answers(row, protocol, course, list(newest.values()))
                shown_at = run.shown
                # a hidden item gets its value when the prompt is closed
                outcomes = {
                    name: "not_reached" if outcome == "answered" and name not in newest else outcome
                    for name, outcome in walked(run, protocol).outcomes().items()
                }
            courses[prompt_id] = CourseRecord(course.order, shown_at, outcomes, course.language)
        return courses


def _person(row: Any) -> PersonRecord:
    return PersonRecord(
        participant=row.id,
        standing=row.standing,
        language=row.language,
        timezone=row.timezone,
        hours_preset=row.hours_preset,
        day_starts=row.day_starts,
        arm=row.arm,
        protocol_version=row.protocol_version,
        first_date=row.first_date,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        test=row.test,
        simulated=row.simulated,
    )


def _prompt(row: Any) -> PromptRecord:
    return PromptRecord(**{name: getattr(row, name) for name in PromptRecord.__dataclass_fields__})


def _answer(one: sealed.OpenAnswer) -> AnswerRecord:
    return AnswerRecord(
        prompt=one.prompt_id,
        questionnaire=one.questionnaire,
        item=one.item,
        revision=one.revision,
        status=one.status,
        value=one.value,
        language=one.language,
        place=one.place,
        shown_at=one.shown_at,
        answered_at=one.answered_at,
        late_processed=one.late_processed,
        after_end=one.after_end,
    )


def _score(one: sealed.OpenScore) -> ScoreRecord:
    return ScoreRecord(one.prompt_id, one.name, one.value, one.n_items, one.n_of, one.imputed, one.mode)
