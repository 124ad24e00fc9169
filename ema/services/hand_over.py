"""Hand her what is hers: the orders for a picture or a copy, and the files, made when they are sent.

An order holds references only. What it becomes is made after the claim, outside of any transaction, and is stored
nowhere; ten minutes after it came it is removed from the chat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from ema.channels import File
from ema.domain.conversation import State
from ema.services import own_copy, own_course
from ema.services.installation import Installation
from ema.services.situation import Person, person
from ema.store import outbox, sealed
from ema.store.participants import NoSuchParticipant
from ema.store.tables import Outbox

KINDS: Final = ("picture", "copy")
STAYS: Final = timedelta(minutes=10)
"""So long a file stays in the chat. An order that could not be done for so long is dropped: she may ask again."""
PICTURE: Final = "picture.png"
"""Names that anybody may read, in a notification or a list of files."""


@dataclass(frozen=True)
class Made:
    """A file for her, or words to put under one that she was sent."""

    file: File | None
    words: str = ""


def order_picture(session: Session, who: Person, revision: int, now: datetime) -> None:
    """`revision`: of her dialogue, so that each time she asks is one order. A newer one takes an older one's place."""
    _order(session, who, "picture", None, revision, now)


def order_copy(session: Session, who: Person, revision: int, now: datetime) -> None:
    for form in own_copy.FORMS:
        _order(session, who, "copy", form, revision, now)


def _order(session: Session, who: Person, kind: str, form: str | None, revision: int, now: datetime) -> None:  # noqa: PLR0917
    participant_id = who.participant.id
    outbox.enqueue(
        session,
        participant_id=participant_id,
        kind=kind,
        priority=outbox.REPLY,
        words=form,
        dedupe_key=f"{kind}:{participant_id}:{revision}:{form or ''}",
        not_before=now,
        expires_at=now + STAYS,
        silent=True,
        now=now,
    )


def made(here: Installation, row: Outbox) -> Made | None:
    """Do the order. None: nothing is left to be shown. Drawing takes a second the first time: not in a transaction."""
    with here.database.reading() as session:
        key = here.vault.persons([row.participant_id]).get(row.participant_id)
        if key is None:
            return None
        try:
            who = person(session, row.participant_id)
        except NoSuchParticipant:
            return None
        stored = sealed.load_state(session, key, lock=False)
        since = State.model_validate_json(stored.state).since if stored is not None else None
        if row.kind == "copy":
            held = own_copy.gather(session, key, who, here.clock.now(), since)
        else:
            courses = own_course.courses(session, key, who.protocol, since)
    language = who.participant.language
    if row.kind == "copy":
        return Made(own_copy.written(held, row.words or "", language))
    if not any(course.enough for course in courses):  # the study shows none any more
        return None
    if row.message_id is not None:  # it is there: only the words under it are still to come
        return Made(None, own_course.words(courses, language))
    return Made(File(PICTURE, "image/png", own_course.drawn(courses, language)))
