"""The studies on whose screens the tour stands. What an open study must state is made up, and says so by its names."""

from datetime import date

from ema.domain.care import Care
from ema.domain.directory import FastTrack, OpenHours, Service
from ema.domain.items.multiple import Multiple
from ema.domain.items.number import Number
from ema.domain.localised import Localised
from ema.domain.protocol import Opening, Payment, Silence
from ema.domain.schedules.event import Event
from ema.domain.schedules.waking import Waking
from tests.services.sliding import EASE
from tests.services.world import BUNDLED


def both(english, spanish):
    return Localised({"en": english, "es": spanish})


def option(value, english, spanish, **more):
    return {"value": value, "label": both(english, spanish), **more}


OPENING = Opening(
    contact_person="Robin",
    contact_hours=both("Monday to Friday, 10 to 5.", "De lunes a viernes, de 10 a 17."),
    legal_duty=both("if a child is in danger, we must tell.", "si un niño está en peligro, tenemos que avisar."),
    freeze_date=date(2027, 1, 31),
    payment=Payment(
        words=both("50 pence for each set, skipped or not.", "50 peniques por grupo, saltado o no."),
        per_prompt_pence=50,
    ),
)


def service(name, what, where, start=None, end=None, **about):
    hours = () if start is None else (OpenHours(days=(1, 2, 3, 4, 5, 6, 7), start=start, end=end),)
    return Service(name=name, what=what, where=where, hours=hours, source="made up", **about)


TEA = both("tea, a shower and a talk", "té, ducha y charla")
STATION = both("by the station", "junto a la estación")
SAM = FastTrack(words=both("ask for Sam, no need to wait.", "pregunta por Sam, sin esperar."), code="BLUE 7")
DIRECTORY = (
    service("Lantern", TEA, STATION, "09:00", "23:30", walk_in=True, women_only=True, public=True, fast_track=SAM),
    service("Orchard", TEA, STATION, "20:00", "04:00", trans_inclusive=True, last_verified=date(2026, 2, 1)),
    service("Harbour", TEA, STATION),
    *(service(f"Number {n}", TEA, STATION, "04:00", "05:00") for n in range(1, 4)),
)

WHOLE = BUNDLED.model_copy(update={"opening": OPENING, "directory": DIRECTORY})
"""The bundled study from joining to its end."""

SILENT = WHOLE.model_copy(
    update={
        "days": 6,
        "schedules": tuple(
            each.model_copy(update={"last_day": 6}) for each in BUNDLED.schedules if each.id == "checkin"
        ),
        "silence": Silence(note_after_missed=1, offer_after_days=2, quiet_after_days=3, hello_every_days=1),
    }
)
"""The same in six days, so that few notes need to be waited for."""


def event(name, label):
    return Event(
        kind="event",
        id=name,
        label=label,
        questionnaires=("checkin",),
        daily_cap=1,
        open_for_minutes=30,
    )


MET = both("I met somebody", "He visto a alguien")
CHECKED = BUNDLED.questionnaires["checkin"]
CHECKIN = next(each for each in BUNDLED.schedules if each.id == "checkin")
OTHER = BUNDLED.model_copy(
    update={
        "opening": OPENING,
        "schedules": (
            CHECKIN.model_copy(update={"snooze": (15, 60, "tonight"), "reminders": ()}),
            Waking(
                kind="waking",
                id="up",
                questionnaires=("checkin",),
                minutes_after=(30,),
                open_for_minutes=60,
                counts=False,
            ),
            event("met", MET),
            event("slept", both("I woke up", "Me he despertado")),
        ),
    }
)
"""A study that offers what the bundled one does not: putting off by choice, waking times, events."""

CARING = BUNDLED.model_copy(
    update={
        "opening": OPENING,
        "directory": DIRECTORY,
        "on_call_rota": True,
        "schedules": (CHECKIN,),
        "questionnaires": {
            **BUNDLED.questionnaires,
            "checkin": CHECKED.model_copy(
                update={"items": tuple(one.model_copy(update={"risk": True}) for one in CHECKED.items)}
            ),
        },
        "care": Care.model_validate(
            {
                "low_scores": [{"score": "wb_state", "at_most": 2, "check_ins": 1}],
                "risk_items": [{"item": one.id, "at_least": 7} for one in CHECKED.items],
                "on_call": [{"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "17:00"}],
            }
        ),
    }
)
"""A study with care rules. Its questions are the usual ones: the tour needs none that hurts."""

RESTED = Number(
    type="number",
    id="hours",
    text=both("How many hours did you sleep?", "¿Cuántas horas has dormido?"),
    max=24,
    unit=both("hours", "horas"),
)
PLACES = Multiple(
    type="multiple",
    id="places",
    text=both("Where have you been today?", "¿Dónde has estado hoy?"),
    options=(
        option("home", "At home", "En casa"),
        option("out", "Out", "Fuera"),
        option("away", "Away for the night", "Fuera por la noche"),
        option("none", "None of these", "Nada de esto", exclusive=True),
    ),
)
FORM = BUNDLED.questionnaires["checkin"].model_copy(update={"items": (PLACES, RESTED, EASE), "scores": ()})
SLIDING = BUNDLED.model_copy(
    update={
        "opening": OPENING,
        "questionnaires": {**BUNDLED.questionnaires, "checkin": FORM},
        "schedules": (CHECKIN,),
    }
)
"""Questions of other kinds, and the page in Telegram."""
