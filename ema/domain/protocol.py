"""A study as a document: who, what, when and in which words. Immutable once loaded; its hash names it.

`Protocol` is the self-contained form (questionnaires embedded) that is stored and hashed. Reading the files that a
researcher writes, with errors that name file and line, is `ema.domain.studyfile`.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.allocation import Allocation
from ema.domain.care import Care
from ema.domain.directory import Service
from ema.domain.localised import Localised
from ema.domain.localtime import DAY, first_study_date
from ema.domain.phases import Calendar, Phase, Timeline, timeline
from ema.domain.questionnaire import Questionnaire
from ema.domain.rest import empty, one, zero
from ema.domain.schedules import AnySchedule
from ema.domain.schedules.base import ClockTime, Day, Preferences, Window
from ema.domain.schedules.recurring import Recurring


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Preset(_Part):
    """Hours that a participant can choose with one tap."""

    label: Localised
    day_starts: ClockTime
    windows: dict[str, Window]


class OwnHours(_Part):
    """The rule for hours of her own: whole hours, each window `length_minutes` long, kept apart."""

    length_minutes: int = Field(default=30, gt=0)
    at_least_apart_minutes: int = Field(default=300, ge=0)


class Hours(_Part):
    """When prompts may come. Every preset names the same windows."""

    default: str
    presets: dict[str, Preset] = Field(min_length=1)
    own: OwnHours | None = None

    def window_names(self) -> tuple[str, ...]:
        return tuple(self.presets[self.default].windows)


PLACEHOLDERS = ("legal_duty", "freeze_date", "payment")
"""What a consent screen may name in braces; each is a field of `Opening`."""


class ConsentScreen(_Part):
    """One short screen. `{placeholders}` are filled from `opening`."""

    text: Localised


class Consent(_Part):
    """The words of consent, versioned: a change of words is a new version and is asked again."""

    version: str = Field(min_length=1)
    screens: tuple[ConsentScreen, ...] = Field(min_length=1)
    age_question: Localised
    alone_question: Localised
    participation: Localised
    health_data: Localised


class HelpLine(_Part):
    """A line that anybody can call. Older than six months unverified, it is shown as unverified."""

    name: str
    contact: str
    hours: Localised
    cost: Localised
    nation: Literal["UK", "England", "Wales", "Scotland", "Northern Ireland"]
    text_ok: bool = False
    source: str
    last_verified: date | None = None


class Payment(_Part):
    """What a participant is paid and how; `per_prompt_pence` 0 says that nothing is paid.

    Each check-in that she starts is paid, finished or not, and each that she skips. Nothing can be stated that takes
    something back, or that pays only from a number of check-ins on.
    """

    words: Localised
    per_prompt_pence: int = Field(default=0, ge=0)
    schedules: tuple[str, ...] = Field(default=(), exclude_if=empty)
    """Whose check-ins are paid. Empty: those of the schedules that count."""
    most_a_day_pence: int | None = Field(default=None, gt=0, exclude_if=empty)
    """The most that one study day can earn."""
    most_in_all_pence: int | None = Field(default=None, gt=0, exclude_if=empty)
    """The most that the whole study can earn."""


class Opening(_Part):
    """What must be stated before real participants may join. Each empty field is a reason why the study is piloting."""

    controller: str | None = None
    ethics_reference: str | None = None
    contact_person: str | None = None
    contact_hours: Localised | None = None
    legal_duty: Localised | None = None
    freeze_date: date | None = None
    consent_checked_by: dict[str, str] = Field(default_factory=dict)
    codesign_signed_off_by: str | None = None
    payment: Payment | None = None
    keep_data_until: date | None = None


class Silence(_Part):
    """What happens when nothing is answered. Never a withdrawal."""

    note_after_missed: int = Field(default=4, ge=1)
    offer_after_days: int = Field(default=7, ge=1)
    quiet_after_days: int = Field(default=14, ge=1)
    hello_every_days: int = Field(default=7, ge=1)


class Trend(_Part):
    """Which scores the researcher's page follows; `primary` is declared before looking."""

    scores: tuple[str, ...] = Field(min_length=1)
    primary: str
    minimum_answered: int = Field(default=20, ge=3)


class Protocol(_Part):
    """Everything that defines one version of a study."""

    format: Literal[1] = 1
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    version: int = Field(default=1, ge=1)
    title: str
    languages: tuple[str, ...] = Field(min_length=1)
    timezone: str
    timezones: tuple[str, ...] = ()
    """Offered as buttons when a participant sets her zone; any other can be typed."""
    days: int = Field(gt=0, le=3650)
    phases: tuple[Phase, ...] = Field(default=(), exclude_if=empty)
    """Gone through one after the other; their days, as often as they are repeated, add up to `days`."""
    repeat_phases: int = Field(default=1, ge=1, le=365, exclude_if=one)
    """How many times over the phases are gone through: measurement bursts."""
    allocation: Allocation | None = Field(default=None, exclude_if=empty)
    """Arms, and how people come into them."""
    calendar: Calendar | None = Field(default=None, exclude_if=empty)
    """The study runs on given dates. Left out: study day 1 follows from when each person joins."""
    max_prompts_a_day: int | None = Field(default=None, ge=1, le=200, exclude_if=empty)
    """The most notes that count on one study day, over all schedules."""
    minimum_gap_minutes: int = Field(default=0, ge=0, le=1440, exclude_if=zero)
    """Between any two notes that count, in elapsed time: across windows, schedules and study days."""
    note: Localised
    """The whole text of a notification. Neutral: nothing that a glance could read."""
    other_notes: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")], Localised] = Field(
        default={}, exclude_if=lambda given: not given
    )
    """Other words for a notification, as neutral, of which a participant may choose."""
    finish_within_minutes: int = Field(default=30, ge=0)
    """A check-in started before it expired may be finished this long after."""
    on_call_rota: bool = False
    """Somebody is on call who answers what an item marked `risk` discloses."""
    care: Care | None = Field(default=None, exclude_if=empty)
    """What follows when scores stay low, or an item marked `risk` discloses something. Left out: nothing does."""
    sensitive_items: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        default={}, exclude_if=lambda given: not given
    )
    """Item types that are off by themselves (text, voice, photo, location), each with why this study needs it."""
    hours: Hours
    schedules: tuple[AnySchedule, ...] = Field(min_length=1)
    practice: tuple[str, ...] = ()
    """Questionnaires of the check-in offered at joining."""
    unscheduled: tuple[str, ...] = ()
    """Questionnaires of a check-in that she starts herself."""
    consent: Consent
    silence: Silence = Silence()
    help_lines: tuple[HelpLine, ...] = ()
    directory: tuple[Service, ...] = Field(default=(), exclude_if=lambda given: not given)
    """Places and services that `/places` shows."""
    opening: Opening = Opening()
    trend: Trend
    chart: dict[str, Localised] = Field(default={}, max_length=4, exclude_if=lambda given: not given)
    """Scores that /me draws for her from her own answers, each with what it is called in the picture."""
    baseline: tuple[str, ...] = Field(default=(), exclude_if=lambda given: not given)
    """Schedules whose scores are a person's own baseline: the export gives every later score's change from it."""
    questionnaires: dict[str, Questionnaire]

    @property
    def pays(self) -> bool:
        return self.opening.payment is not None and self.opening.payment.per_prompt_pence > 0

    def document(self) -> str:
        """The canonical JSON that is stored and hashed."""
        return self.model_dump_json()

    def sha256(self) -> str:
        return hashlib.sha256(self.document().encode()).hexdigest()

    def schedule(self, schedule_id: str) -> AnySchedule:
        return next(schedule for schedule in self.schedules if schedule.id == schedule_id)

    def timeline(self, arm: str | None = None) -> Timeline:
        """The study days and phases of one arm."""
        return timeline(self.days, self.phases, self.repeat_phases, arm)

    def phase_on(self, study_day: int, arm: str | None = None) -> str | None:
        """The phase in which this study day lies; None outside the study, and in a study without phases."""
        stretch = self.timeline(arm).at(study_day)
        return stretch.phase if stretch else None

    def schedules_of(self, arm: str | None) -> tuple[AnySchedule, ...]:
        """The schedules that are for this arm."""
        return tuple(schedule for schedule in self.schedules if schedule.is_for(arm))

    def last_planned_day(self, arm: str | None = None) -> int:
        """The last study day on which anything can be planned; sets after the study may lie behind its days."""
        days = self.timeline(arm)
        return max((each.days(days)[1] for each in self.schedules_of(arm) if each.planned), default=0)

    def first_date(self, now: datetime, hers: Preferences) -> date:
        """The date of study day 1 for somebody who joins now."""
        if self.calendar is not None:
            return self.calendar.starts_on
        return self._first_whole_date(now, hers)

    def first_planned_day(self, now: datetime, first_date: date, hers: Preferences) -> int:
        """The study day from which on somebody who joins now has prompts: 1, or more where a calendar has begun."""
        return max((self._first_whole_date(now, hers) - first_date).days + 1, 1)

    def _first_whole_date(self, now: datetime, hers: Preferences) -> date:
        """The first study day of which everything still lies ahead: windows, times of the clock, hours after waking."""
        first = first_study_date(now, hers, self.hours.window_names())
        coming = [schedule for schedule in self.schedules if isinstance(schedule, Recurring)]
        while any(
            place.start < now for schedule in coming for place in schedule.places(Day(1, first, hers, self.timeline()))
        ):
            first += DAY
        return first

    def asks_on(self, study_day: int, arm: str | None = None) -> bool:
        """Whether the study asks anything on such a day: not before it begins, nor in a phase that is a rest."""
        if study_day < 1:
            return False
        phase = self.phase_on(study_day, arm)
        return phase is None or any(
            schedule.planned and (phase in schedule.phases or not schedule.phases)
            for schedule in self.schedules_of(arm)
            if isinstance(schedule, Recurring)
        )

    def preferences(self, preset: str, timezone: str) -> Preferences:
        """A participant's preferences when she takes a preset."""
        chosen = self.hours.presets[preset]
        return Preferences(timezone=timezone, day_starts=chosen.day_starts, windows=dict(chosen.windows))

    def own_hours(self, starts: tuple[time, ...], timezone: str) -> Preferences:
        """Preferences from hours of her own: the windows' names in the order in which they come, from the first one on.

        The study day begins with the bundled morning hour where the windows then lie in it in that order, otherwise an
        hour before the first of them, so that a night worker's two check-ins fall into one study day.
        """
        rule = self.hours.own or OwnHours()
        minutes = [start.hour * 60 + start.minute for start in starts]
        minutes.sort(key=lambda minute, first=minutes[0]: (minute - first) % 1440)  # type: ignore[misc]
        usual = self.hours.presets[self.hours.default].day_starts
        begin = usual.hour * 60 + usual.minute
        ahead = [(minute - begin) % 1440 for minute in minutes]
        if ahead != sorted(ahead) or ahead[-1] + rule.length_minutes > 1440:
            begin = (minutes[0] - 60) % 1440
        windows = {
            name: Window(start=_time(minute), end=_time(minute + rule.length_minutes))
            for name, minute in zip(self.hours.window_names(), minutes, strict=True)
        }
        return Preferences(timezone=timezone, day_starts=_time(begin), windows=windows)

    def missing_to_open(self) -> list[str]:
        """What the file must still state before real participants may join, in words. Empty when nothing is missing.

        Help lines' age is judged by the caller, who knows the date: see `services.open_study`.
        """
        opening = self.opening
        stated = {
            "controller: who is responsible for the data": opening.controller,
            "ethics_reference: the ethics committee's reference": opening.ethics_reference,
            "contact_person: the named person behind /contact": opening.contact_person,
            "contact_hours: when that person answers": opening.contact_hours,
            "legal_duty: what the law obliges the team to pass on": opening.legal_duty,
            "freeze_date: until when erasing is possible": opening.freeze_date,
            "codesign_signed_off_by: who signed off the co-design": opening.codesign_signed_off_by,
            "payment: what is paid, or that nothing is": opening.payment,
            "keep_data_until: when the data are deleted": opening.keep_data_until,
        }
        missing = [f"opening.{what}" for what, value in stated.items() if value is None]
        missing += [
            f"opening.consent_checked_by.{language}: who checked the consent words in this language"
            for language in self.languages
            if language not in opening.consent_checked_by
        ]
        return missing


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)
