"""Are prompts going out? In plain words for staff. Nobody appears by name, and nothing says what anybody was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ema.services.health import Bot, Failure, Figures, Heartbeat, collect, missed, notices
from ema.services.installation import Installation
from ema.services.keeping import Overdue, past_keeping
from ema.services.old_lines import OldLine, grown_old
from ema.services.spans import span
from ema.store import figures

ON_TIME: Final = timedelta(minutes=1)
WHY: Final = {
    "limit": "Telegram asked to wait, or does not allow it",
    "time-out": "Telegram took too long to answer",
    "network": "Telegram could not be reached",
    "blocked": "the bot was blocked, or the account is gone",
    "token": "Telegram refuses a bot’s token",
    "gone": "the message to change is no longer there",
    "sender died": "the program ended while it was sending",
    "refused": "Telegram refused it",
}
_OURS: Final = frozenset({"limit", "time-out", "network", "token", "refused"})
"""What keeps everybody's messages back; the other reasons are one chat's own."""


@dataclass(frozen=True)
class Line:
    """One thing that is known, in words."""

    about: str
    words: str


@dataclass(frozen=True)
class Status:
    """What to say first, a word on when, and the rest for who wants to know."""

    headline: str
    explanation: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Seen:
    """What the sentences are made from."""

    now: datetime
    figures: Figures
    last: datetime | None
    next_due: datetime | None
    alerts: int
    old: tuple[OldLine, ...]
    kept: tuple[Overdue, ...]

    @property
    def clockwork(self) -> list[Heartbeat]:
        return [beat for beat in self.figures.heartbeats if beat.bot is None]

    @property
    def telegram(self) -> list[Heartbeat]:
        return [beat for beat in self.figures.heartbeats if beat.bot is not None]

    @property
    def here(self) -> list[Bot]:
        """The bots that can send."""
        return [bot for bot in self.figures.bots if not bot.missing]


def status(here: Installation) -> Status:
    """All of it, for researchers and admins."""
    seen = _look(here)
    lines = (
        Line("Last prompt", _last(seen)),
        Line("Next prompt", _next(seen)),
        Line("In the last hour", _punctuality(seen.figures.lateness)),
        Line("Waiting", _waiting(seen)),
        Line("Could not be sent", _failures(seen.figures.failures)),
        *[Line("Missing", f"{_sentence(missed(bot))}.") for bot in seen.figures.bots if bot.missing],
        Line("Telegram", _telegram(seen)),
        Line("Clockwork", _clockwork(seen)),
        Line("Notices", _notices(seen.alerts)),
        *_calls(seen),
        *[Line("To check again", one.words) for one in seen.old],
        *[Line("To delete", one.words) for one in seen.kept],
    )
    return Status(*_headline(seen), lines)


def short(here: Installation) -> Status:
    """For peer workers: whether, and roughly when. A clock time could tell when one person was asked something."""
    seen = _look(here)
    return Status(*_headline(seen), (Line("Last prompt", _roughly(seen)), *_calls(seen)))


def _look(here: Installation) -> _Seen:
    now = here.clock.now()
    with here.database.reading() as session:
        last, next_due = figures.last_sent(session), figures.next_due(session, now)
        old, kept = tuple(grown_old(session, now)), tuple(past_keeping(session, now))
    return _Seen(now, collect(here), last, next_due, len(notices(here)), old, kept)


def _headline(seen: _Seen) -> tuple[str, str]:
    found = seen.figures
    late = [beat.name for beat in seen.clockwork if beat.late]
    held = [failure.why for failure in found.failures if failure.waits and failure.why in _OURS]
    if not seen.clockwork:
        return "Prompts are not going out yet.", "The program that plans and sends them has not run so far."
    if late:
        return "Prompts may not be going out.", "The program that plans and sends them has stopped or is behind."
    behind, missing = [bot for bot in seen.here if bot.behind], [bot for bot in found.bots if bot.missing]
    if behind and len(behind) == len(seen.here):
        waited = span(max(bot.age for bot in behind))
        return "Prompts are not going out at the moment.", f"Messages have waited for up to {waited}. They are kept."
    if behind or missing:
        which = [f"Messages of bot {bot.id} have waited for up to {span(bot.age)}. They are kept." for bot in behind]
        which += [f"Bot {bot.id} is missing: whoever takes part by it gets nothing." for bot in missing]
        return "Some prompts are not going out.", " ".join([*which, "The other bots go on."])
    if held:
        return "Some prompts are held up.", "They are tried again by themselves while their time lasts."
    if not found.planned and not found.lateness:
        return (
            "No prompts are going out.",
            "None is planned: nobody takes part at the moment, or all were sent.",
        )
    return "Prompts are going out.", "Nothing needs to be done."


def _last(seen: _Seen) -> str:
    if seen.last is None:
        return "None has been sent so far."
    return f"Sent {span(seen.now - seen.last)} ago, at {_clock(seen.last)}."


def _roughly(seen: _Seen) -> str:
    if seen.last is None:
        return "None has been sent so far."
    ago = seen.now - seen.last
    for limit, words in ((timedelta(hours=6), "the last six hours"), (timedelta(days=1), "the last day")):
        if ago <= limit:
            return f"One was sent within {words}."
    return f"The last was sent {max(ago.days, 2)} days ago." if ago.days > 1 else "The last was sent a day ago."


def _next(seen: _Seen) -> str:
    if seen.next_due is None:
        return "None is planned."
    due = f"Due in {span(seen.next_due - seen.now)}, at {_clock(seen.next_due)}."
    return f"{due} {_of(seen.figures.planned, 'is', 'are')} planned in all."


def _punctuality(lateness: tuple[float, ...]) -> str:
    if not lateness:
        return "No prompt was sent."
    late = sum(seconds > ON_TIME.total_seconds() for seconds in lateness)
    sent = _of(len(lateness), "prompt was", "prompts were")
    if not late:
        return f"{sent} sent, none more than a minute late."
    latest = span(timedelta(seconds=max(lateness)))
    return f"{sent} sent, {late} of them more than a minute late. The latest came after {latest}."


def _waiting(seen: _Seen) -> str:
    waiting = [bot for bot in seen.here if bot.waiting]
    said = [
        f"{_of(bot.waiting, 'message', 'messages')} could go now. The oldest has waited {span(bot.age)}."
        for bot in waiting
    ]
    return _of_bots([bot.id for bot in waiting], said, len(seen.here)) or "No message waits to be sent."


def _of_bots(bots: list[int], said: list[str], of: int) -> str:
    """What is said of each bot, with its number where there are several."""
    return " ".join(said if of == 1 else (f"Bot {bot}: {words}" for bot, words in zip(bots, said, strict=True)))


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _failures(failures: tuple[Failure, ...]) -> str:
    if not failures:
        return "Nothing failed in the last hour."
    then = {True: "to be tried again", False: "given up"}
    return " ".join(
        f"{_of(each.number, 'message', 'messages')} {then[each.waits]}: {WHY[each.why]}." for each in failures
    )


def _telegram(seen: _Seen) -> str:
    beats = seen.telegram
    said = _of_bots([beat.bot or 0 for beat in beats], [_answers(beat) for beat in beats], len(beats))
    return said or "It has not been asked yet whether it answers."


def _answers(beat: Heartbeat) -> str:
    if beat.error:
        return f"Does not answer ({beat.error}). It last did {span(beat.since)} ago, and is asked every minute."
    if beat.late:
        return f"Answered {span(beat.since)} ago, and has not been asked since: the sending program has stopped."
    calm = f" It has done so for {span(beat.calm)}." if beat.calm is not None else ""
    return f"Answers.{calm}"


def _clockwork(seen: _Seen) -> str:
    if not seen.clockwork:
        return "Has not run so far."
    late = [beat for beat in seen.clockwork if beat.late or beat.error]
    return "; ".join(beat.words for beat in late) + "." if late else "Every job runs on time."


def _notices(number: int) -> str:
    return f"{_of(number, 'notice stands', 'notices stand')} on the page Health." if number else "None."


def _calls(seen: _Seen) -> list[Line]:
    if not seen.figures.calls:
        return []
    late = sum(raised > 0 for raised in seen.figures.calls)
    again = f" {_of(late, 'was', 'were')} not seen in time and raised again." if late else ""
    return [Line("On call", f"{_of(len(seen.figures.calls), 'call waits', 'calls wait')} to be seen.{again}")]


def _of(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M} UTC on {at:%A} {at.day} {at:%B}"
