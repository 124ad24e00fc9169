"""The sealed columns, typed: addresses, what a phone shows, dialogues, answers, scores, courses, media, failed updates.

Nothing else reads or writes them. Every function takes the person's key, so that what has no key can't be asked for.
Values are JSON under the seal. The caller owns the transaction.
"""

from __future__ import annotations

from ema.store.sealed import media, secret, shares
from ema.store.sealed.given import (
    PEOPLE_AT_ONCE,
    OpenAnswer,
    OpenCourse,
    OpenScore,
    Sheet,
    add_answer,
    add_answers,
    all_revisions,
    answers_of,
    courses_of,
    newest,
    put_score,
    scores_of,
    sealed_course,
    sheets,
)
from ema.store.sealed.held import HELD, NOT_COPIED, everything
from ema.store.sealed.talk import (
    StoredState,
    address_of,
    anchors_of,
    discretion_of,
    failed_update,
    keep_failed_update,
    load_state,
    load_states,
    save_state,
    set_address,
    set_anchor,
    set_discretion,
    set_wishes,
    state_row,
    wishes_of,
)

__all__ = [
    "HELD",
    "NOT_COPIED",
    "PEOPLE_AT_ONCE",
    "OpenAnswer",
    "OpenCourse",
    "OpenScore",
    "Sheet",
    "StoredState",
    "add_answer",
    "add_answers",
    "address_of",
    "all_revisions",
    "anchors_of",
    "answers_of",
    "courses_of",
    "discretion_of",
    "everything",
    "failed_update",
    "keep_failed_update",
    "load_state",
    "load_states",
    "media",
    "newest",
    "put_score",
    "save_state",
    "scores_of",
    "sealed_course",
    "secret",
    "set_address",
    "set_anchor",
    "set_discretion",
    "set_wishes",
    "shares",
    "sheets",
    "state_row",
    "wishes_of",
]
