"""A study whose check-in has visual analogue scales, and what its people do with the Mini App."""

from ema.domain.items.rating import Rating
from ema.domain.items.vas import Vas
from ema.domain.localised import Localised
from ema.services import app
from ema.services.app import Given
from ema.store import sealed
from tests.services.world import BOT_ID, BUNDLED, only, variant


def vas(name, english, spanish):
    low, high = Localised({"en": "Not at all", "es": "Nada"}), Localised({"en": "Completely", "es": "Del todo"})
    return Vas(type="vas", id=name, text=Localised({"en": english, "es": spanish}), low=low, high=high)


EASE = vas("ease", "How much at ease are you right now?", "¿Cuánta calma tienes ahora mismo?")
REST = vas("rest", "How rested are you?", "¿Cuánto has descansado?")
MOOD = next(item for item in BUNDLED.questionnaires["checkin"].items if isinstance(item, Rating))
FORM = BUNDLED.questionnaires["checkin"].model_copy(update={"items": (EASE, MOOD, REST), "scores": ()})
SLIDING = only(variant(questionnaires={**BUNDLED.questionnaires, "checkin": FORM}), "checkin")


def shown(someone):
    """What the Mini App would show her now."""
    return app.question(someone.world.here, BOT_ID, someone.address)


def give(someone, asked, verb="answer", place=None):
    """Answer the question that was shown to her, and let the chat follow."""
    given = Given(verb, place, asked.prompt, asked.item, asked.revision)
    answered = app.answer(someone.world.here, BOT_ID, someone.address, given)
    someone.world.rest()
    return answered


def slide(someone, place):
    return give(someone, shown(someone), place=place)


def kept(someone):
    """Everything that she gave: (item, revision, status, value)."""
    key = someone.world.vault.person(someone.id)
    with someone.world.database.reading() as session:
        answers = sealed.all_revisions(session, key, [prompt.id for prompt in someone.prompts()])
    return [(one.item, one.revision, one.status, one.value) for one in answers]
