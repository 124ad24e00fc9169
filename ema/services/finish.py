"""Close a prompt that was started: say what became of every item, and score it. The number of answers goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from ema.domain.conversation import Given, Run, State
from ema.domain.conversation.asking import walked
from ema.domain.flow import Walk
from ema.domain.protocol import Protocol
from ema.domain.scoring import compute
from ema.services.follow import follow
from ema.services.situation import Person, protocol_of, questionnaires_of
from ema.store import outbox, prompts, sealed
from ema.store.sealed import OpenAnswer, OpenCourse
from ema.store.tables import OPEN_STATES, Prompt
from ema.store.vault import PersonKey


def finish(
    session: Session,
    key: PersonKey,
    prompt: Prompt,
    who: Person,
    *,
    state: str,
    now: datetime,
    reason: str | None = None,
    run: Run | None = None,
    counts: Mapping[str, Any] | None = None,
) -> None:
    """Give the prompt, which is locked, its final state, once; store what became of its items, and its scores.

    `run`: as the dialogue has it. Without one it is looked for there, and made from the stored answers where she has
    put it aside for newer ones. `counts`: what its row says of the answers, where that is new.
    """
    assert prompt.id is not None
    if prompt.state not in OPEN_STATES:
        return
    protocol = protocol_of(session, who, prompt)
    if run is None:
        run = _in_dialogue(session, key, prompt.id)
    if run is None:
        course = sealed.courses_of(session, key, [prompt.id])[prompt.id]
        run = from_answers(prompt, protocol, course, sealed.answers_of(session, key, [prompt.id]))
    here = walked(run, protocol)
    course = OpenCourse(
        run.items, run.background, dict(run.shown), dict(here.outcomes()), language=who.participant.language
    )
    finished_at = now if state == "completed" else None
    sealed_course = sealed.sealed_course(key, prompt.id, course)
    prompts.close_locked(
        session, prompt.id, state, reason, now, finished_at=finished_at, course_sealed=sealed_course, **(counts or {})
    )
    outbox.supersede(session, prompt.participant_id, ["reminder", "note"], now=now, prompt_id=prompt.id)
    _store_hidden(session, key, who, run=run, here=here, now=now)
    _score(session, key, prompt.id, here, now)
    follow(session, who, prompt, here, now)


def _in_dialogue(session: Session, key: PersonKey, prompt_id: int) -> Run | None:
    """Not locked: who expires holds rows of the outbox, and must not wait for a conversation."""
    stored = sealed.load_state(session, key, lock=False)
    if stored is None:
        return None
    state = State.model_validate_json(stored.state)
    runs = (state.run, *state.parked) if state.run else state.parked
    return next((run for run in runs if run.prompt == prompt_id), None)


def from_answers(prompt: Prompt, protocol: Protocol, course: OpenCourse, answers: Sequence[OpenAnswer]) -> Run:
    """As the dialogue would have it, made from the newest revisions. What had no answer is taken as not shown yet."""
    assert prompt.id is not None
    given = {one.item: Given(status=one.status, value=one.value, revision=one.revision) for one in answers}
    shown = {one.item: one.shown_at for one in sorted(answers, key=lambda one: one.place)}
    reached = [at for at, name in enumerate(course.order) if name in given]
    return Run(
        prompt=prompt.id,
        version=prompt.protocol_version,
        forms=questionnaires_of(prompt, protocol),
        items=course.order,
        background=course.background,
        at=reached[-1] + 1 if reached else 0,
        given=given,
        shown=shown,
        shown_at=prompt.first_action_at or prompt.due_at,
    )


def _store_hidden(session: Session, key: PersonKey, who: Person, *, run: Run, here: Walk, now: datetime) -> None:
    """What was worked out stands beside what was said."""
    for name, value in here.computed.items():
        sealed.add_answer(
            session,
            key,
            prompt_id=run.prompt,
            questionnaire=here.course.form_of(name).id,
            item=name,
            revision=1,
            status="answered",
            value=value,
            language=who.participant.language,
            place=run.items.index(name) + 1,
            shown_at=now,
            answered_at=now,
        )


def _score(session: Session, key: PersonKey, prompt_id: int, here: Walk, now: datetime) -> None:
    for form in here.course.questionnaires:
        for scored in compute(form, here.answers()):
            sealed.put_score(
                session,
                key,
                prompt_id=prompt_id,
                name=scored.name,
                value=scored.value,
                n_items=scored.n_items,
                n_of=scored.n_of,
                imputed=scored.imputed,
                mode="+".join(scored.modes),
                now=now,
            )
