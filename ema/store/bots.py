"""The bots of this installation, as its participants have them: each belongs to the bot that she opened.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from ema.domain.ways import PAGE
from ema.store.rows import table_of
from ema.store.tables import Invitation, Participant, Study

_PARTICIPANT: Final = table_of(Participant)
_INVITATION: Final = table_of(Invitation)
_STUDY: Final = table_of(Study)
_TAKES_PART: Final = ("joining", "active", "quiet")


def known(session: Session) -> list[int]:
    """Every bot that has participants, in the order of their numbers. Jumps through the index from bot to bot."""
    return list(session.execute(_known()).scalars())


def sending(session: Session) -> list[int]:
    """The same without the page, by which nothing is sent."""
    return [bot for bot in known(session) if bot != PAGE]


@cache
def _known() -> Select[int]:
    lowest = func.min(_PARTICIPANT.c.bot_id)
    found = select(lowest.label("id")).cte("bots", recursive=True)
    following = select(lowest).where(_PARTICIPANT.c.bot_id > found.c.id).scalar_subquery()
    found = found.union_all(select(following).where(found.c.id.is_not(None)))
    return select(found.c.id).where(found.c.id.is_not(None)).order_by(found.c.id)


def bot_of(participant_id: ColumnElement[Any]) -> ScalarSelect[int]:
    """Her bot, within another statement."""
    return select(_PARTICIPANT.c.bot_id).where(_PARTICIPANT.c.id == participant_id).scalar_subquery()


def taking_part(session: Session, bots: Collection[int]) -> dict[int, int]:
    """How many people are joining or take part by each of these bots."""
    return dict.fromkeys(bots, 0) | _counted(
        session,
        select(_PARTICIPANT.c.bot_id, func.count())
        .where(_PARTICIPANT.c.bot_id.in_(bots), _PARTICIPANT.c.standing.in_(_TAKES_PART))
        .group_by(_PARTICIPANT.c.bot_id),
    )


def invited(session: Session, bots: Collection[int]) -> dict[int, int]:
    """How many invitations lead to each of these bots and may still be used."""
    free = (_INVITATION.c.participant_id.is_(None), _INVITATION.c.used_at.is_(None), _STUDY.c.state != "closed")
    return dict.fromkeys(bots, 0) | _counted(
        session,
        select(_INVITATION.c.bot_id, func.count())
        .join(_STUDY, _STUDY.c.id == _INVITATION.c.study_id)
        .where(_INVITATION.c.bot_id.in_(bots), *free)
        .group_by(_INVITATION.c.bot_id),
    )


def _counted(session: Session, statement: Select[Any]) -> dict[int, int]:
    return dict(session.execute(statement).all())
