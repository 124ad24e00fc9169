"""Somebody who answers, and what is sent to her to look at and to take along."""

from datetime import timedelta

from ema.domain.localised import Localised
from tests.services.world import only, variant

LABELS = {"wb_state": "How you feel", "se_state": "How you see yourself"}


def charts(*names):
    return only(variant(chart={name: Localised({"en": LABELS[name]}) for name in names}), "checkin")


def reached(anna):
    """Her next note has come."""
    before = len(anna.notes())
    while len(anna.notes()) == before:
        anna.world.step(anna.world.now + timedelta(days=2))


def answered(anna, *values):
    """She has answered a set with each of these values, from her next note on."""
    for value in values:
        reached(anna)
        anna.answer(value)


def files(anna):
    return [message for message in anna.phone.messages() if message.photo or message.document]


def copies(world, anna):
    anna.write("/mydata")
    anna.tap("Yes, send it")
    calls = world.sent("sendDocument", chat_id=anna.phone.id)
    return {call.params["document"].name: call.params["document"].content.decode() for call in calls}
