"""What follows from messages that were accepted: for all of a batch together, in the transaction that finishes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from ema.channels import Sent
from ema.services.compose import BLANK, Work
from ema.services.forget import MESSAGES_LIVE, forget, forgotten
from ema.store import messages, outbox, outbox_many, participants, prompts, sealed
from ema.store.outbox_many import Further
from ema.store.tables import Outbox


@dataclass(frozen=True)
class _New:
    """A message that is new in her chat."""

    work: Work
    message_id: int

    @property
    def row(self) -> Outbox:
        return self.work.row


def record_sent(session: Session, sent: Sequence[tuple[Work, Sent]], now: datetime) -> None:
    """Finish the rows, note the messages, open the prompts. A row that somebody else took meanwhile is left alone."""
    if not sent:
        return
    held = outbox_many.sent(session, [work.row for work, _ in sent], now)
    news: list[_New] = []
    for work, result in sent:
        row = work.row
        if row.id not in held:
            continue
        if work.how == "delete" or work.shown is BLANK:
            messages.mark_gone(session, row.participant_id, [row.message_id or 0], now)
        elif work.how == "send" and result.message_id is not None:
            news.append(_New(work, result.message_id))
    if news:
        _arrived(session, news, now)


def _arrived(session: Session, news: Sequence[_New], now: datetime) -> None:
    messages.record_sent(
        session,
        [(new.row.participant_id, new.message_id, new.row.kind, new.row.prompt_id) for new in news],
        at=now,
        erase_by=now + MESSAGES_LIVE,
    )
    further: list[Further] = []
    for new in news:
        if new.row.kind == "screen":
            _new_anchor(session, new.row, new.message_id, now)
    notices = [new for new in news if new.row.kind != "screen"]
    if notices:
        further += _tidy(session, notices, now)
    notes = [new.work for new in notices if new.row.kind == "note" and new.work.prompt is not None]
    if notes:
        prompts.opened(session, [work.row.prompt_id for work in notes if work.row.prompt_id is not None], now)
        wanted = participants.with_reminders(session, [work.row.participant_id for work in notes if work.reminders])
        for work in notes:
            if work.row.participant_id in wanted:
                further += _reminders(work, now)
    outbox_many.enqueue(session, further, now)


def _reminders(work: Work, now: datetime) -> Iterator[Further]:
    """The prompt is open, and its reminders wait."""
    prompt = work.prompt
    assert prompt is not None
    for number, reminder in enumerate(work.reminders):
        at = prompt.due_at + timedelta(minutes=reminder.after_minutes)
        if now < at < prompt.expires_at:
            yield Further(
                work.row.participant_id,
                "reminder",
                outbox.REMINDER,
                f"reminder:{prompt.id}:{number}",
                not_before=at,
                expires_at=prompt.expires_at,
                prompt_id=prompt.id,
                words=str(number),
                silent=reminder.silent,
            )


def _new_anchor(session: Session, row: Outbox, message_id: int, now: datetime) -> None:
    """The new message shows the screen from now on, by an edit; the one that did is removed."""
    before = sealed.set_anchor(session, row.participant_id, message_id)
    outbox.enqueue(
        session,
        participant_id=row.participant_id,
        kind="screen",
        priority=row.priority,
        message_id=message_id,
        dedupe_key=f"screen:{row.participant_id}:in:{message_id}",
        not_before=now,
        silent=True,
        now=now,
    )
    if before is not None and before != message_id:
        forget(session, row.participant_id, before, now)


def _tidy(session: Session, news: Sequence[_New], now: datetime) -> Iterator[Further]:
    """After a new note: the same prompt's older one loses its buttons, and what is over goes."""
    newest = {new.row.participant_id: new for new in news}
    anchors = sealed.anchors_of(session, newest)
    unfinished = prompts.unfinished_of(session, newest)
    for message in messages.known_of(session, newest):
        new = newest[message.participant_id]
        prompt_id = message.prompt_id
        if message.direction == "in" or message.message_id == new.message_id:
            continue
        if (message.participant_id, message.message_id) in anchors:
            continue
        if prompt_id in unfinished and prompt_id != new.row.prompt_id:
            continue
        if message.purpose == "words":  # she may not have seen them: they stay until their time is over
            continue
        if prompt_id is not None and prompt_id == new.row.prompt_id:
            yield Further(
                message.participant_id,
                "unbutton",
                outbox.REST,
                f"unbutton:{message.participant_id}:{message.message_id}",
                not_before=now,
                message_id=message.message_id,
            )
        else:
            yield forgotten(message.participant_id, message.message_id, now)
