"""The tables of every export, in order: what was planned, what was said, scores, and who took part."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from ema.exports.base import Column, Row, Table
from ema.exports.checkins import checkins
from ema.exports.columns import FLAGS, LOCAL, PARTICIPANT, PLACE, PROMPT, STATES, YES_NO, local, seconds, table_of
from ema.exports.given import answers, answers_all
from ema.exports.instruments import Instruments
from ema.exports.records import Person, Source
from ema.exports.scores import scores


def tables(source: Source, instruments: Instruments) -> tuple[Table, ...]:
    return (
        _prompts(source),
        checkins(source, instruments),
        answers(source, instruments),
        answers_all(source, instruments),
        scores(source, instruments),
        _participants(source),
    )


def _prompts(source: Source) -> Table:
    columns = (
        PARTICIPANT,
        PROMPT,
        *PLACE,
        Column("schedule", "Schedule of the study that planned it", "string"),
        Column("slot_key", "The slot's key in its schedule", "string"),
        Column("counts", "Part of compliance and trends", "integer", labels=YES_NO),
        Column("position", "Running number of the counted prompts, over all slots of all days", "integer"),
        Column("state", "What became of it", "string", labels=STATES),
        Column("reason", "Why it has this state", "string"),
        Column("timezone", "Time zone of the participant when it was planned (IANA)", "string"),
        Column("local_date", "Local date of the study day (a night belongs to the day before)", "date"),
        Column("opens_at", "When it can first be answered", "instant", units="UTC"),
        Column("due_at", "When its note is due", "instant", units="UTC"),
        Column("due_local", f"due_at. {LOCAL}", "string"),
        Column("expires_at", "When it closes for starting", "instant", units="UTC"),
        Column("sent_at", "When Telegram accepted the note (there are no read receipts)", "instant", units="UTC"),
        Column("sent_local", f"sent_at. {LOCAL}", "string"),
        Column("first_action_at", "First tap on it, as the server received it", "instant", units="UTC"),
        Column("first_action_local", f"first_action_at. {LOCAL}", "string"),
        Column("finished_at", "When the last item was done", "instant", units="UTC"),
        Column("finished_local", f"finished_at. {LOCAL}", "string"),
        Column("send_delay_s", "From due to accepted", "float", units="s"),
        Column("response_latency_s", "From accepted to the first tap", "float", units="s"),
        Column("duration_s", "From the first tap to finished", "float", units="s"),
        Column("n_items", "Items that it holds", "integer"),
        Column("n_shown", "Items that were shown", "integer"),
        Column("n_answered", "Items that were answered", "integer"),
        Column("protocol_version", "Version of the study that planned it", "integer"),
        Column("late_processed", "Its taps were read after a break of the service", "integer", labels=YES_NO),
        *FLAGS,
    )

    def rows(person: Person) -> Iterator[Row]:
        for one in person.prompts:
            zone = ZoneInfo(one.timezone)
            yield (
                person.about.participant,
                one.id,
                one.study_day,
                one.slot,
                one.kind,
                one.schedule,
                one.slot_key,
                int(one.counts),
                one.position,
                one.state,
                one.reason,
                one.timezone,
                one.local_date,
                one.opens_at,
                one.due_at,
                local(one.due_at, zone),
                one.expires_at,
                one.sent_at,
                local(one.sent_at, zone),
                one.first_action_at,
                local(one.first_action_at, zone),
                one.finished_at,
                local(one.finished_at, zone),
                seconds(one.due_at, one.sent_at),
                seconds(one.sent_at, one.first_action_at),
                seconds(one.first_action_at, one.finished_at),
                one.n_items,
                one.n_shown,
                one.n_answered,
                one.protocol_version,
                int(one.late_processed),
                int(person.about.test),
                int(person.about.simulated),
            )

    return table_of("prompts", "Every planned prompt, one row each", columns, source.people, rows)


def _participants(source: Source) -> Table:
    columns = (
        PARTICIPANT,
        Column("standing", "Where the participant stands", "string"),
        Column("first_date", "Local date of study day 1", "date"),
        Column("arm", "Arm of the study", "string"),
        Column("language", "Language", "string"),
        Column("timezone", "Time zone now (IANA)", "string"),
        Column("hours_preset", "Hours chosen; empty for hours of her own", "string"),
        Column("day_starts", "Local time at which the study day begins", "string"),
        Column("protocol_version", "Version of the study joined", "integer"),
        Column("end_reason", "Why it ended, if it has", "string"),
        Column("n_counted", "Counted prompts planned so far", "integer"),
        Column("n_completed", "Counted prompts completed", "integer"),
        Column("n_partial", "Counted prompts answered in part", "integer"),
        Column("n_days_answered", "Study days with an answered counted prompt", "integer", units="days"),
        *FLAGS,
    )

    def rows(person: Person) -> Iterator[Row]:
        about = person.about
        counted = [prompt for prompt in person.prompts if prompt.counts]
        states = [prompt.state for prompt in counted]
        days = {prompt.study_day for prompt in counted if prompt.state in {"completed", "partial"}}
        yield (
            about.participant,
            about.standing,
            about.first_date,
            about.arm,
            about.language,
            about.timezone,
            about.hours_preset,
            about.day_starts,
            about.protocol_version,
            about.end_reason,
            len(counted),
            states.count("completed"),
            states.count("partial"),
            len(days),
            int(about.test),
            int(about.simulated),
        )

    return table_of("participants", "Every participant, by pseudonym", columns, source.people, rows)
