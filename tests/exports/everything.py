"""A study with an item of every type, and one person who answered all of them."""

from dataclasses import replace
from datetime import timedelta

from ema.domain.items import ITEMS
from ema.domain.questionnaire import Questionnaire
from ema.exports.base import MediaFile
from ema.exports.records import AnswerRecord, MediaRecord, Person, ScoreRecord
from tests.exports.people import DUE, PERSON, STUDY, course, data_set, prompt

ENDS = {"low": "not at all", "high": "very"}
ITEMS_HERE = [
    {"id": "stars", "type": "rating", "text": "How many?", **ENDS},
    {"id": "agree", "type": "choice", "text": "Agree?", "options": [
        {"value": "sa", "code": 3, "label": "Strongly"}, {"value": "sd", "code": 0, "label": "Not"},
    ]},
    {"id": "hello", "type": "info", "text": "Hello."},
    {"id": "where_were_you_all_of_th", "type": "multiple", "text": "Where?", "options": [
        {"value": "home", "label": "At home"}, {"value": "outdoors", "label": "Outside"}, {"value": "bus", "label": "Bus"},
    ]},
    {"id": "slept", "type": "yes_no", "text": "Slept?"},
    {"id": "face", "type": "faces", "text": "How?", **ENDS},
    {"id": "line", "type": "vas", "text": "How much?", **ENDS},
    {"id": "kilos", "type": "number", "text": "How heavy?", "max": 300, "decimals": 1, "unit": "kg"},
    {"id": "bed", "type": "time", "text": "When to bed?"},
    {"id": "day", "type": "date", "text": "Which day?"},
    {"id": "nap", "type": "duration", "text": "How long?"},
    {"id": "more", "type": "text", "text": "More?"},
    {"id": "said", "type": "voice", "text": "Say it."},
    {"id": "seen", "type": "photo", "text": "Show it."},
    {"id": "place", "type": "location", "text": "Where now?"},
    {"id": "doubled", "type": "computed", "text": "Twice the stars", "expression": "stars * 2"},
]  # fmt: skip
FORM = Questionnaire.model_validate(
    {
        "id": "checkin",
        "title": "One of each",
        "provenance": {
            "source": "Written for this test.",
            "citation": "None.",
            "licence": "CC0-1.0",
            "validation": "not a measure",
            "recall": "right now",
            "measures": "feedback",
        },
        "seconds": 60,
        "items": ITEMS_HERE,
        "pages": [
            {"id": "first", "order": "random", "items": [{"item": "hello", "fixed": True}, "stars", "agree", "slept"]},
            {
                "id": "pool",
                "draw": 2,
                "items": ["face", "line", {"item": "kilos", "show_if": "stars > 3"}],
            },
            {"id": "rest", "show_if": "study_day > 1", "items": [
                "where_were_you_all_of_th", {"item": "bed", "once": True}, "day", "nap", "more", "said", "seen",
                {"item": "place", "show_if": "slept == 'yes'"}, "doubled",
            ]},
        ],
        "scores": [
            {
                "name": "felt",
                "label": "Felt",
                "method": "mean",
                "items": ["line"],
                "direction": "higher is more",
                "range": [0, 100],
            }
        ],
    }
)  # fmt: skip
EVERYTHING = STUDY.model_copy(update={"questionnaires": {**STUDY.questionnaires, "checkin": FORM}})
assert {item.type for item in FORM.items} == set(ITEMS)

GIVEN = {
    "stars": 4,
    "agree": "sa",
    "where_were_you_all_of_th": ("home", "bus"),
    "slept": "no",
    "face": 2,
    "line": "70/100",
    "kilos": 61.5,
    "bed": "23:15",
    "day": "2026-03-27",
    "nap": 95,
    "more": "=Día, =quiet\nand dry",
    "said": "media:1-said-2",
    "seen": "media:1-seen-1",
    "place": "51.50,-0.13",
    "doubled": 8,
}
ORDER = tuple(item.id for item in FORM.items)


def answers(prompt_id=1, **changed):
    found = []
    for place, item in enumerate(FORM.items, start=1):
        if not item.answers_expected and not item.hidden:
            continue
        value = {**GIVEN, **changed}[item.id]
        at = DUE + timedelta(seconds=10 * place)
        found.append(
            AnswerRecord(
                prompt=prompt_id,
                questionnaire="checkin",
                item=item.id,
                revision=1,
                status="answered",
                value=value,
                language="en",
                place=place,
                shown_at=at,
                answered_at=at + timedelta(seconds=4),
                late_processed=False,
            )
        )
    return tuple(found)


def everything():
    """One who gave everything; the photo is lost, and the voice was sent twice."""
    given = answers()
    voice = next(one for one in given if one.item == "said")
    given = (
        *(one for one in given if one.item != "said"),
        replace(voice, value="media:1-said-1"),
        replace(voice, revision=2),
    )
    asked = [name for name in ORDER if name != "hello"]
    done = prompt(1, state="completed", first_action_at=DUE, finished_at=DUE + timedelta(minutes=4))
    course_ = replace(course(given, asked), order=ORDER)
    person = Person(
        PERSON,
        (done,),
        given,
        (ScoreRecord(1, "felt", 70.0, 1, 1, imputed=False, mode="slider"),),
        {1: course_},
        {
            "1-said-1": MediaRecord("1-said-1", 1, "said", "kept", "audio/ogg"),
            "1-said-2": MediaRecord("1-said-2", 1, "said", "kept", "audio/ogg"),
            "1-seen-1": MediaRecord("1-seen-1", 1, "seen", "lost", None),
        },
    )
    media = [MediaFile("P-één_1_12.ogg", b"first"), MediaFile("P-één_1_12_2.ogg", b"second")]
    return data_set(person, study=EVERYTHING, media=media)
