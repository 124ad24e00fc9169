"""Plain words that do what a command does, by language: whoever types “stop” need not know a slash.

They are read, not shown; what the menu calls a command counts too. A word means one thing in its language, also with a
slip of spelling, and is no number, time, date or city; tests hold the lists to it. Words of distress lead to help.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from ema.domain.plain_words import PlainWords, bare
from ema.texts import _translations, languages, menu
from ema.texts.mark import N_

PLAIN: Final[dict[str, str]] = {
    "start": N_("menu, start, go on, carry on, continue, resume, go back"),
    "checkin": N_("check in, checkin, questions, new questions"),
    "help": N_(
        "help, help me, please help, help please, please help me, help me please, i need help, emergency, danger, "
        "in danger, i am in danger, i'm in danger, i am scared, i'm scared, i am afraid, i'm afraid, not safe, "
        "i am not safe, i'm not safe, sos, 999, 112, police, i want to die, i want to kill myself"
    ),
    "places": N_("places, where can i go, where to go"),
    "contact": N_("contact, contact me, call me, talk to me, i want to talk, someone to talk to, talk to someone"),
    "later": N_("later, not now, not yet, in a bit, maybe later, snooze"),
    "pause": N_("pause, break, a break, take a break, i need a break, rest, i need a rest"),
    "times": N_("times, my times, hours, my hours, change times, change my times, change hours"),
    "notes": N_("notes, my notes, notifications"),
    "pin": N_("pin, my pin, pin code, new phone, lost phone, lost my phone, i lost my phone"),
    "link": N_("link, my link, a link, my page, browser, in a browser"),
    "share": N_("share, a page for a service, page for a service, for a service, show a service, tell a service"),
    "paid": N_("paid, money, my money, payment, voucher, my voucher, vouchers, what i earned"),
    "timezone": N_("time zone, timezone, change time zone"),
    "language": N_("language, change language, other language, another language"),
    "edit": N_("edit, change answers, change my answers, change an answer"),
    "me": N_("my answers, my picture, my chart, chart"),
    "mydata": N_("my data, data, copy, a copy, my copy, copy of my data"),
    "hide": N_(
        "hide, hide this, hide chat, hide this chat, hide my chat, clear, clear chat, delete chat, delete this chat"
    ),
    "privacy": N_("privacy, who sees this, who can see this, who sees my answers, who can see my answers"),
    "stop": N_(
        "stop, stop it, please stop, quit, leave, i want to stop, i want to leave, unsubscribe, cancel, no more, "
        "delete everything, erase everything, delete my data, erase my data, forget me"
    ),
}
"""Command → the words, with commas between them. Case, accents and signs don't matter."""


@cache
def plain_words(language: str) -> PlainWords:
    """What somebody who writes in this language may type."""
    known = languages() if language in languages() else (language, *languages())
    every = {each: words_of(each) for each in known}
    others = {word: command for each, words in every.items() if each != language for word, command in words.items()}
    return PlainWords(every[language], others)


def words_of(language: str) -> dict[str, str]:
    """Word → command, of one language."""
    translate = _translations(language).gettext
    listed = [(word, command) for command, words in PLAIN.items() for word in translate(words).split(",")]
    shown = [(what, command) for command, what in menu(language)]
    return {bare(word): command for word, command in (*listed, *shown)}
