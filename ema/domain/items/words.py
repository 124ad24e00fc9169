"""What a participant reads when she types: how to answer, and kindly what was not understood. English, by key.

The catalogue of texts has them in her language under the same keys; these words serve where it has none.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from ema.domain.errors import InvalidAnswer

ENGLISH: Final[dict[str, str]] = {
    "hint.number": "Type a number from {low} to {high}.",
    "hint.number_of": "Type a number from {low} to {high} ({unit}).",
    "hint.several": "Tap all that fit, then Done.",
    "hint.time": "Type a time, such as 21:30.",
    "hint.date": "Type a date, such as 12 May.",
    "hint.duration": "Type how long, such as 1 h 30 or 45 min.",
    "hint.text": "Type it in a few words, at most {most} characters.",
    "hint.voice": "Send a voice message.",
    "hint.photo": "Send a photo.",
    "hint.location": "Send a place. It is stored rounded, never exactly.",
    "refused.buttons": "Please choose one of the buttons.",
    "refused.scale": "Please choose a number from {low} to {high}.",
    "refused.several": "Please tap the ones that fit.",
    "refused.too_few": "Please choose at least {least}.",
    "refused.too_many": "Please choose at most {most}.",
    "refused.exclusive": "That one stands alone. Please choose it by itself, or take it out.",
    "refused.number": "Sorry, I could not read that as a number. Please type only the number, such as {example}.",
    "refused.range": "Please type a number from {low} to {high}.",
    "refused.decimals": "Please type fewer digits after the point, at most {most}.",
    "refused.whole": "Please type a whole number, without a point or comma.",
    "refused.time": "Sorry, I could not read that as a time. Please type it like 21:30 or 9.30 pm.",
    "refused.which_half": "Is that in the morning or in the evening? Please type it like 09:00 or 21:00.",
    "refused.date": "Sorry, I could not read that as a date. Please type the day, then the month: 12/5 or 12 May.",
    "refused.year": "Please add the year, in four digits.",
    "refused.date_range": "Please type a date from {low} to {high}.",
    "refused.duration": "Sorry, I could not read that. Please type how long, such as 1 h 30 or 45 min.",
    "refused.duration_range": "Please type a length from {low} to {high} minutes.",
    "refused.empty": "There was nothing in it. Please type a few words, or skip this one.",
    "refused.too_long": "That is too long for me to keep. Please write it in at most {most} characters.",
    "refused.signs": "There are signs in it that I can't keep. Please type only words, numbers and emoji.",
    "refused.code": "Only letters, at most four digits, and spaces, please. No signs and no links.",
    "refused.code_tells": "That word tells what this is about. Please choose another one.",
    "refused.typed": "Please type it here, or skip this one.",
    "refused.too_big": "That is too big to take. A shorter or smaller one would work.",
    "refused.voice": "Please send a voice message here, or skip this one.",
    "refused.photo": "Please send a photo here, or skip this one.",
    "refused.location": "Please send a place here, or skip this one.",
    "unread.question": "No person reads this chat. What you sent was deleted. Please use the buttons.",
    "unread.hint": "You can type what you want, such as: menu, help, later, pause, stop.",
}


def refusal(name: str, **values: float | date) -> InvalidAnswer:
    """The refusal `refused.<name>`, in English and by key."""
    key = f"refused.{name}"
    return InvalidAnswer(ENGLISH[key].format(**values), key, values)
