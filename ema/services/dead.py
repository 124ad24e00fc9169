"""Dead letters: what was given up can be looked at, taken up again, or dropped. Nobody appears by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ema.channels import Handled
from ema.domain.errors import EmaError
from ema.services.installation import Installation
from ema.services.kept import unpack
from ema.services.receive import receive
from ema.store import audit, dead, inbox, outbox, prompts, sealed
from ema.store.tables import OPEN_STATES, Outbox
from ema.store.vault import KeyDestroyed

SHOWN: Final = 1000
_ID: Final = re.compile(r"u(\d+)\.(\d+)|m(\d+)")
_LONG_NUMBER: Final = re.compile(r"\d{5,}")
"""What Telegram says may hold the number of a chat."""


class NoSuchLetter(EmaError):
    """No dead letter has this id (any more)."""

    status = 404


class CannotRetry(EmaError):
    """A dead letter can't be taken up again, and stays as it is. The message says why."""

    status = 409


@dataclass(frozen=True)
class Letter:
    """`u<bot>.<update>`: an update that failed. `m<number>`: a message that was refused for good."""

    id: str
    kind: str
    error: str
    at: datetime
    """When it came, or when it was given up."""


def letters(here: Installation) -> list[Letter]:
    """The newest first, updates before messages."""
    with here.database.reading() as session:
        updates, messages = inbox.failed(session, SHOWN), outbox.dead(session, SHOWN)
    came = [Letter(f"u{row.bot_id}.{row.update_id}", "update", row.error or "", row.received_at) for row in updates]
    went = [
        Letter(f"m{row.id}", row.kind, _LONG_NUMBER.sub("…", row.last_error or ""), row.done_at or row.created_at)
        for row in messages
    ]
    return came + went


def retry(here: Installation, letter_id: str, actor: str = "operator") -> Handled:
    """Take an update as if it had just come; let a message be sent. Returns what is left to say to her at once.

    Raises NoSuchLetter, or CannotRetry, also when an update fails again: then it is kept as before.
    """
    bot_id, number = _parsed(letter_id)
    if bot_id is not None:
        handled = _receive_again(here, letter_id, bot_id, number)
    else:
        handled = Handled()
        _send_again(here, letter_id, number)
    _note(here, actor, "retried", letter_id)
    return handled


def drop(here: Installation, letter_id: str, actor: str = "operator") -> None:
    """Give it up for good: what an update said is forgotten. Raises NoSuchLetter."""
    bot_id, number = _parsed(letter_id)
    with here.database.transaction() as session:
        done = dead.drop_message(session, number) if bot_id is None else dead.drop_update(session, bot_id, number)
        if not done:
            raise _none(letter_id)
        audit.append(session, here.clock.now(), actor, "dropped", f"letter:{letter_id}")


def _receive_again(here: Installation, letter_id: str, bot_id: int, update_id: int) -> Handled:
    with here.database.reading() as session:
        row = dead.failed_update(session, bot_id, update_id)
        if row is None:
            raise _none(letter_id)
        try:
            whose = row.participant_id
            seal = here.vault.installation if whose is None else here.vault.person(whose)
        except KeyDestroyed:
            raise CannotRetry(f"{letter_id}: whose it was is erased, and it can't be read any more") from None
        body = sealed.failed_update(session, seal, bot_id, update_id)
    try:
        handled = receive(here, unpack(body or ""))
    except EmaError as refused:
        raise CannotRetry(f"{letter_id}: {refused}") from None
    except Exception as error:  # noqa: BLE001 - whatever it was, it is still kept; its words may be hers
        raise CannotRetry(f"{letter_id}: it failed again ({type(error).__name__}) and is kept") from None
    with here.database.transaction() as session:
        dead.drop_update(session, bot_id, update_id)  # a stranger's that was only answered is marked nowhere else
    return handled


def _send_again(here: Installation, letter_id: str, row_id: int) -> None:
    now = here.clock.now()
    with here.database.transaction() as session:
        row = outbox.get(session, row_id)
        if row is None or row.state != "dead":
            raise _none(letter_id)
        prompt = prompts.get(session, row.prompt_id) if row.prompt_id is not None else None
        over = prompt is not None and prompt.state not in OPEN_STATES
        why = _why_not(row, now, prompt_is_over=over)
        if why is not None:
            raise CannotRetry(f"{letter_id}: {why}")
        dead.send_again(session, row_id, now)


def _why_not(row: Outbox, now: datetime, *, prompt_is_over: bool) -> str | None:
    if row.kind == "fetch":
        return "what she sent was noted as lost, and the way to it with it"
    if row.kind in {"note", "reminder"} and prompt_is_over:
        return "its prompt has its final state, which stays"
    if row.expires_at is not None and row.expires_at <= now:
        return "its window is over"
    return None


def bot_of(letter_id: str) -> int | None:
    """The bot that an update came to; None for a message."""
    return _parsed(letter_id)[0]


def _parsed(letter_id: str) -> tuple[int | None, int]:
    """(bot, update) of an update; (None, number) of a message."""
    found = _ID.fullmatch(letter_id)
    if found is None:
        raise NoSuchLetter(f"“{letter_id}” is no id of a dead letter: `ema dead list` shows them")
    bot_id, update_id, number = found.groups()
    return (None, int(number)) if number else (int(bot_id), int(update_id))


def _none(letter_id: str) -> NoSuchLetter:
    return NoSuchLetter(f"{letter_id}: there is no such dead letter (any more)")


def _note(here: Installation, actor: str, action: str, letter_id: str) -> None:
    with here.database.transaction() as session:
        audit.append(session, here.clock.now(), actor, action, f"letter:{letter_id}")
