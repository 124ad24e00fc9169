"""The named moments at which a process dies. The product has no hooks: its functions are wrapped, in that process only."""

from __future__ import annotations

import signal
import threading
from functools import wraps
from typing import NamedTuple

import alembic.op

from bot.channel import TelegramChannel
from ema.services import deliver, expire, receive
from ema.store import copies, migrate, participants, planned_slots, sealed


class Point(NamedTuple):
    """`owner.name` is wrapped. `roles`: the commands that come there. `at_most`: it may be passed so often before."""

    words: str
    owner: object
    name: str
    roles: tuple[str, ...]
    after: bool = False
    at_most: int = 1
    dialect: str = ""


WORKS, POLLS = ("serve", "worker"), ("serve", "poll")
POINTS = (
    Point("after the claim, before the sending", TelegramChannel, "send", WORKS, at_most=4),
    Point("after the sending, before the record", deliver, "record", WORKS, at_most=4),
    Point("in the middle of an event's transaction", sealed, "save_state", POLLS, at_most=12),
    Point("after the inbox's commit, before the acknowledgement", receive, "_receive", POLLS, after=True, at_most=12),
    Point("planning: between prompts and notes", planned_slots, "_notes_since", WORKS, dialect="sqlite"),
    Point("planning: before the commit", participants, "planned", WORKS),
    Point("expiry: before the commit", expire, "_blank", WORKS, at_most=3),
    Point("migration: between two tables", alembic.op, "create_table", ("migrate",), after=True, at_most=20),
    Point("migration: before the commit", migrate.command, "upgrade", ("migrate",), after=True),
    Point("backup: in the middle", copies, "_write", ("backup",)),
    Point("backup: before it is in its place", copies, "settle", ("backup",)),
)


def wrap_all(springs):
    """`springs(number)` says whether to die now; a point's number is its place here, from 1."""
    for number, point in enumerate(POINTS, start=1):
        setattr(point.owner, point.name, _wrapped(getattr(point.owner, point.name), point, number, springs))


def _wrapped(function, point, number, springs):
    @wraps(function)
    def passing(*arguments, **named):
        if not point.after and springs(number):
            die()
        done = function(*arguments, **named)
        if point.after and springs(number):
            die()
        return done

    return passing


def die():
    signal.pthread_kill(threading.get_ident(), signal.SIGKILL)  # this thread goes no step further
