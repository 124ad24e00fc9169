"""Who is there for her: the worker's name, and one tap for whoever would rather have somebody else."""

from __future__ import annotations

from ema.domain.conversation.effects import OtherWorker, Show
from ema.domain.conversation.place import EVERYBODY, Place, Step, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.screen import Say, Screen, Words


def who_answers(situation: Situation) -> tuple[Say, ...]:
    """Where she asks for somebody: a name, and when. Her own worker comes before the study's."""
    worker, opening = situation.worker, situation.protocol.opening
    person, hours = worker.name if worker else opening.contact_person, opening.contact_hours
    said: list[Say] = []
    if person and hours:
        said.append(Words("contact.who", {"person": person, "hours": hours}))
    elif worker is not None:
        said.append(Words("contact.yours", {"person": worker.name}))
    else:
        said.append(Words("contact.nobody_named"))
    if worker is not None and worker.off:
        said.append(Words("contact.off", {"person": worker.name}))
    return tuple(said)


def _yours(_state: State, situation: Situation) -> Screen:
    on = (go("button.carry_on", "carry_on"),)
    worker = situation.worker
    if worker is None:
        return Screen((Words("yours.nobody"),), (on,))
    said = (Words("yours.words", {"person": worker.name}), Words("yours.other"))
    return Screen(said, ((choose("button.other_person", "yours", str(worker.id)),), on))


def _choose(state: State, value: str, situation: Situation) -> Step:
    """The button names whom it is about: on an old message it changes nothing."""
    worker = situation.worker
    if worker is None or value != str(worker.id):
        return show(state.go("yours"))
    return state.go("yours", "notice.other_person"), (OtherWorker(worker.id), Show())


PLACES = {"yours": Place(_yours, choose=_choose, standings=EVERYBODY)}
