"""Do what the dialogue wants done. Everything here happens in the transaction of the event that caused it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Session

from ema.domain import conversation
from ema.domain.care import Call
from ema.domain.conversation import Situation, State
from ema.domain.conversation import effects as fx
from ema.domain.conversation.care import AT_ONCE, BEGINS, GENTLE
from ema.domain.conversation.events import Created, Event, Handed, Tap
from ema.domain.localtime import from_now_on
from ema.domain.schedules import event as event_schedule
from ema.domain.screen import Words
from ema.services import care, hand_over, link, menu, own_course, pay, pin, plan, share, workers
from ema.services.begin import begin
from ema.services.edit import reopen
from ema.services.finish import finish
from ema.services.forget import MESSAGES_LIVE, forget, hide
from ema.services.hours import preferences, stored_hours
from ema.services.put_off import put_off
from ema.services.situation import Person, person, situation, today
from ema.services.withdraw import come_back, pause, stop
from ema.store import contacts, messages, outbox, participants, prompts, sealed
from ema.store.sealed import OpenAnswer
from ema.store.tables import Prompt
from ema.store.vault import PersonKey
from ema.texts import say

OPEN_FOR = timedelta(hours=4)
"""How long a check-in stays open that she started herself, or the practice one."""


@dataclass
class Turn:
    """One event on its way through: what it came with, and what is left to do after the commit."""

    session: Session
    key: PersonKey
    who: Person
    event: Event
    now: datetime
    late: bool
    anchor: int | None
    state: State
    so: Situation | None = None
    """What was so when it came."""
    prompt: Prompt | None = None
    """The prompt that it is about, as it was then."""
    toast: str | None = None
    finished: int | None = None
    """The prompt that this event brought to its end, answered, skipped or changed."""
    called: Call | None = None
    """An answer disclosed a risk: she gets help at once, and whoever is on call was called."""
    refused: Mapping[str, Words] = field(default_factory=dict)
    """What can't be read on a page that she handed in, by item."""
    leaving: str | None = None
    """`declined` or `erase`: after the commit her key is destroyed and her rows go."""
    show: bool = False
    in_place: bool = False
    """Show it in the message that shows the dialogue already."""

    @property
    def tapped(self) -> int | None:
        """The message under the button; None where nothing was tapped, or the chat shows no message of ours."""
        return self.event.message_id or None if isinstance(self.event, Tap) else None

    def look_again(self) -> None:
        """Her row changed: read it afresh."""
        self.who = person(self.session, self.key.participant_id)


def carry_out(turn: Turn, state: State, effects: tuple[fx.Effect, ...]) -> State:
    """Do the effects in their order; returns the state after them (a created check-in starts at once).

    Answers come first, all at once. How many there are is stored with the end where that comes in the same event.
    """
    records = [effect for effect in effects if isinstance(effect, fx.Record)]
    counts = _record(turn, records)
    if records and turn.prompt is not None:
        turn.called = care.disclosed(turn.session, turn.key, turn.who, turn.prompt, records, now=turn.now)
    ends = any(isinstance(effect, fx.Finish) for effect in effects)
    if counts and not ends:
        prompts.change(turn.session, counts.prompt, **counts.columns)
    for effect in effects:
        match effect:
            case fx.Show(in_place=in_place):
                turn.show, turn.in_place = True, in_place
            case fx.Toast(words=words):
                turn.toast = say(words, turn.who.participant.language)
            case fx.Forget(message_id=message_id):
                if message_id:  # on a page nothing of hers stands in a message
                    forget(turn.session, turn.key.participant_id, message_id, turn.now)
            case fx.Hide():
                hide(turn.session, turn.key.participant_id, turn.now)
                turn.anchor = None
            case fx.Create():
                state = _create(turn, state, effect)
            case fx.Picture():
                state = _picture(turn, state)
            case fx.Copy():
                outbox.supersede(turn.session, turn.key.participant_id, ["copy"], now=turn.now)
                hand_over.order_copy(turn.session, turn.who, state.revision, turn.now)
            case fx.Link(days=days):
                state = link.ask(turn.session, turn.key.participant_id, state, days, turn.now)
            case fx.LetGo():
                state = share.make(turn.session, turn.key, state, effect, turn.now, turn.tapped)
            case fx.TakeBack(number=number):
                sealed.shares.withdraw(turn.session, turn.key.participant_id, number)
            case fx.Pin():
                state = _goes_on(turn, state, pin.tried(turn.session, turn.key, effect, turn.now))
            case fx.MakeCode():
                state = pin.make_code(turn.session, turn.key.participant_id, state, turn.now, turn.tapped)
            case fx.Begin():
                state = _begin(turn, state, effect)
            case fx.Record():
                pass
            case fx.Finish():
                state = _finish(turn, state, effect, counts)
            case fx.Decline() | fx.Snooze():
                turn.finished = put_off(turn.session, turn.who, effect, turn.now) or turn.finished
            case fx.Reckon(ask=ask):
                state = pay.reckoned(turn.session, turn.key, turn.who, state, turn.now, ask=ask)
            case fx.Keep():
                _keep(turn, effect)
            case fx.Reopen(prompt=prompt_id):
                state = _reopen(turn, state, prompt_id)
            case fx.Edited(prompt=prompt_id):
                turn.finished = prompt_id
            case fx.AskAgain(refused=refused):
                turn.refused = refused
            case fx.Leave(how="stop"):
                stop(turn.session, turn.who, turn.now)
                turn.look_again()
            case fx.Leave(how=how):
                turn.leaving = how
            case _:
                _settle(turn, effect)
    return state if turn.called is None else _help(turn, state, turn.called)


def _help(turn: Turn, state: State, called: Call) -> State:
    """Lines that she can call stand before her at once; from there she goes on with what she was doing."""
    turn.show = True
    return state.go(AT_ONCE).noting(**{BEGINS: called.begins.isoformat() if called.begins else ""})


def _settle(turn: Turn, effect: fx.Effect) -> None:
    """Settings, consent, joining, pausing: what changes her own row."""
    session, who, now = turn.session, turn.who, turn.now
    participant_id = who.participant.id
    match effect:
        case fx.Consented(purpose=purpose, given=given):
            language, consent = who.participant.language, who.protocol.consent
            shown = [screen.text.say(language) for screen in consent.screens]
            shown.append((consent.participation if purpose == "participation" else consent.health_data).say(language))
            participants.record_consent(
                session,
                participant_id,
                purpose=purpose,
                given=given,
                version=consent.version,
                sha256=sha256("\n\n".join(shown).encode()).hexdigest(),
                language=language,
                now=now,
            )
        case fx.Choose():
            _choose(turn, effect)
        case fx.Join():
            plan.join(session, who, now)
        case fx.Return():
            come_back(session, who, now)
        case fx.Pause(until=until):
            untold = until is not None and workers.untold(session, participant_id)
            pause(session, participant_id, until, now)
            if untold:  # that one is still so when the pause is over
                turn.look_again()
                workers.tell(session, turn.who, now)
        case fx.AskContact(origin=origin):
            contacts.ask(session, participant_id, origin=origin, now=now)
        case fx.OtherWorker(worker=worker):
            workers.refuse(session, participant_id, worker, now)
    turn.look_again()


def _choose(turn: Turn, choice: fx.Choose) -> None:
    session, who = turn.session, turn.who
    participant_id = who.participant.id
    plain = {
        "language": choice.language,
        "reminders": choice.reminders,
        "contact_preference": choice.way,
        "hellos": choice.hellos,
    }
    if chosen := {name: value for name, value in plain.items() if value is not None}:
        participants.change(session, participant_id, **chosen)
    if choice.language is not None:
        menu.put_up(session, participant_id, who.participant.bot_id, turn.now)
    if choice.reminders is False:
        outbox.supersede(session, participant_id, ["reminder"], now=turn.now)
    if choice.discretion is not None:
        sealed.set_discretion(session, turn.key, choice.discretion)
        if turn.tapped is not None and choice.discretion.goes_after is None:  # what was to go early does not any more
            messages.erase_later(session, participant_id, turn.tapped, turn.now + MESSAGES_LIVE, MESSAGES_LIVE)
    if choice.wishes is not None:
        sealed.set_wishes(session, turn.key, choice.wishes)
    hours = choice.hours
    if hours is None:
        return
    if who.enrolment is not None:
        hours = from_now_on(preferences(who.participant), hours, turn.now)
    participants.change(session, participant_id, hours_preset=choice.preset, **stored_hours(hours))
    if who.enrolment is not None:
        turn.look_again()
        plan.replan(session, turn.who, turn.now)


@dataclass(frozen=True)
class Counts:
    """What a prompt's row says of its answers."""

    prompt: int
    columns: dict[str, int | bool]


def _record(turn: Turn, records: list[fx.Record]) -> Counts | None:
    """Store answers. Returns what its row is to say of them; None where there are none."""
    prompt = _prompt(turn, records[-1].prompt) if records else None
    if prompt is None or prompt.id is None:
        return None
    after_close = turn.now >= prompt.expires_at + timedelta(minutes=turn.who.protocol.finish_within_minutes)
    late = turn.late and after_close and not records[-1].after_end
    sealed.add_answers(
        turn.session,
        turn.key,
        [
            OpenAnswer(
                prompt_id=prompt.id,
                questionnaire=one.questionnaire,
                item=one.item,
                revision=one.revision,
                status=one.status,
                value=one.value,
                language=turn.who.participant.language,
                place=one.place,
                shown_at=one.shown_at,
                answered_at=turn.now,
                late_processed=late,
                after_end=one.after_end,
            )
            for one in records
        ],
    )
    if records[-1].after_end:
        return None
    n_shown, n_answered = max(prompt.n_shown, records[-1].n_shown), records[-1].n_answered
    late = prompt.late_processed or late
    return Counts(prompt.id, {"n_shown": n_shown, "n_answered": n_answered, "late_processed": late})


def _prompt(turn: Turn, prompt_id: int) -> Prompt | None:
    """Looked up once for an event, and locked."""
    if turn.prompt is None or turn.prompt.id != prompt_id:
        turn.prompt = prompts.get(turn.session, prompt_id, lock=True)
    return turn.prompt


def _finish(turn: Turn, state: State, effect: fx.Finish, counts: Counts | None) -> State:
    prompt = _prompt(turn, effect.prompt)
    if prompt is None:
        return state
    turn.finished = prompt.id
    columns = counts.columns if counts is not None else None
    finish(turn.session, turn.key, prompt, turn.who, run=effect.run, state="completed", now=turn.now, counts=columns)
    if state.place != "thanks" or turn.called is not None:
        return state
    return state.go(GENTLE) if care.gentle(turn.session, turn.key, turn.who, prompt, turn.now) else state


def _begin(turn: Turn, state: State, effect: fx.Begin) -> State:
    """She tapped Start: the prompt is open, its items are put in order, and what they ask to know is looked up."""
    session, now = turn.session, turn.now
    prompt = _prompt(turn, effect.prompt)
    if prompt is None or prompt.id is None:
        return state
    begun = begin(session, turn.key, turn.who, prompt, now, state.since)
    pay.earn(session, turn.who, prompt)
    outbox.supersede(session, turn.key.participant_id, ["reminder", "note"], now=now, prompt_id=prompt.id)
    assert turn.so is not None
    now_so = replace(turn.so, prompt=begun.prompt)
    state, effects = conversation.advance(state, begun, now_so)
    state = carry_out(turn, state, effects)
    if isinstance(turn.event, Handed):  # it was begun by being handed in
        state, effects = conversation.advance(state, turn.event, now_so)
        state = carry_out(turn, state, effects)
    return state


def _reopen(turn: Turn, state: State, prompt_id: int) -> State:
    """She wants to change what she said in a check-in that is over."""
    event = reopen(turn.session, turn.key, turn.who, _prompt(turn, prompt_id), turn.now, state.since)
    if event is None:
        turn.show = True
        return state
    return _goes_on(turn, state, event)


def _keep(turn: Turn, effect: fx.Keep) -> None:
    """What she sent is fetched by the sender; until then only the channel's handle is here."""
    sealed.media.expect(
        turn.session,
        turn.key,
        effect.media,
        prompt_id=effect.prompt,
        item=effect.item,
        kind=effect.kind,
        reference=effect.reference,
        now=turn.now,
    )
    outbox.enqueue(
        turn.session,
        participant_id=turn.key.participant_id,
        kind="fetch",
        priority=outbox.REST,
        prompt_id=effect.prompt,
        message_id=effect.message_id,
        words=effect.media,
        dedupe_key=f"fetch:{turn.key.participant_id}:{effect.media}",
        not_before=turn.now,
        now=turn.now,
    )


def _goes_on(turn: Turn, state: State, event: Event) -> State:
    """What the dialogue asked for is known now."""
    assert turn.so is not None
    state, effects = conversation.advance(state, event, turn.so)
    return carry_out(turn, state, effects)


def _picture(turn: Turn, state: State) -> State:
    """Order it; where there is too little to draw, the screen says so."""
    session, participant_id = turn.session, turn.key.participant_id
    so_far = own_course.count(session, participant_id, turn.who.protocol, state.since)
    if so_far < own_course.FEWEST:
        return state.go(state.place, "me.few").saying({"n": so_far, "least": own_course.FEWEST})
    outbox.supersede(session, participant_id, ["picture"], now=turn.now)
    hand_over.order_picture(session, turn.who, state.revision, turn.now)
    return state.go(state.place, "me.coming")


def _create(turn: Turn, state: State, effect: fx.Create) -> State:
    """A check-in that no schedule planned exists from now on, and starts."""
    enrolment = turn.who.enrolment
    if enrolment is None or enrolment.id is None:
        turn.show = True
        return state
    day = today(turn.who, turn.now)
    values = {"schedule": effect.kind, "slot": effect.kind, "slot_key": f"event:{state.revision}"}
    expires_at = turn.now + OPEN_FOR
    if effect.schedule is not None:
        schedule = turn.who.protocol.schedule(effect.schedule)
        assert isinstance(schedule, event_schedule.Event)
        before = prompts.count_on_day(turn.session, enrolment.id, day.number).get(schedule.id, 0)
        slot = schedule.begin(turn.now, day, before)
        if slot is None:  # another tap took the last one of the day
            turn.show = True
            return state.go("enough")
        values = {"schedule": slot.schedule, "slot": slot.slot, "slot_key": slot.slot_key}
        expires_at = slot.expires_at
    prompt = prompts.add(
        turn.session,
        enrolment_id=enrolment.id,
        participant_id=turn.key.participant_id,
        **values,
        kind=effect.kind,
        delivery="offer",
        counts=False,
        study_day=day.number,
        timezone=day.hers.timezone,
        local_date=day.date,
        opens_at=turn.now,
        due_at=turn.now,
        expires_at=expires_at,
        protocol_version=enrolment.protocol_version,
        state="open",
        now=turn.now,
    )
    now_so = situation(turn.session, turn.who, turn.now, prompt.id, late=turn.late)
    assert now_so.prompt is not None
    state, effects = conversation.advance(state, Created(now_so.prompt), now_so)
    return carry_out(turn, state, effects)
