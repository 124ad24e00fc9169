"""All words of the bot's own that participants read, in English, by key. Translations: `locale/<language>.po`, by Babel.

Kind, short, neutral: no guilt, no promise of benefit, no exclamation marks, nothing that names the topic. `{}` are placeholders.
A text that counts is a pair, for one and for more; `n` chooses, and each language has as many forms as it needs.
"""

from __future__ import annotations

from typing import Final

from ema.domain.items import words
from ema.texts import pages, phone


def N_(text: str) -> str:  # noqa: N802  (the name that Babel's extractor looks for)
    """Mark a text for translation."""
    return text


def NN_(one: str, more: str) -> tuple[str, str]:  # noqa: N802  (Babel: `-k NN_:1,2`)
    """Mark a text that counts with `{n}`, for one and for more."""
    return one, more


ENGLISH: Final[dict[str, str | tuple[str, str]]] = {
    **pages.ENGLISH,  # pages, in the Mini App and by a link
    **phone.ENGLISH,  # how notes look, her PIN, and a new phone
    **words.ENGLISH,  # how to answer what is typed or sent, and what was not understood
    # buttons
    "button.start": N_("Start"),
    "button.look": N_("Have a look"),
    "button.later": N_("Later"),
    "button.skip": N_("Skip"),
    "button.skip_one": N_("Skip this one"),
    "button.prefer_not": N_("Prefer not to say"),
    "button.back": N_("Back"),
    "button.next": N_("Next"),
    "button.done": N_("Done"),
    "button.still_right": N_("Still right"),
    "button.change": N_("Change it"),
    "button.keep": N_("Leave it as it is"),
    "button.that_is_all": N_("That is all"),
    "button.leave": N_("Stop here"),
    "button.go_on": N_("Go on"),
    "button.carry_on": N_("Carry on"),
    "button.menu": N_("Menu"),
    "button.help": N_("Help"),
    "button.contact": N_("Ask someone to contact me"),
    "button.places": N_("Places to go"),
    "button.more_places": N_("More places"),
    "button.privacy": N_("Who sees what"),
    "button.me": N_("My answers as a picture"),
    "button.mydata": N_("A copy of what is kept"),
    "button.hide": N_("Hide this chat"),
    "button.stop": N_("Stop or leave"),
    "button.pause": N_("Pause"),
    "button.times": N_("My times"),
    "button.timezone": N_("Time zone"),
    "button.own_hours": N_("My own hours"),
    "button.other_days": N_("Other hours on some days"),
    "button.from_start": N_("From the start"),
    "button.as_usual": N_("As on other days"),
    "button.other_times": N_("Other times"),
    "button.quiet": N_("Quiet hours"),
    "button.add_quiet": N_("Add quiet hours"),
    "button.remove": N_("Remove {hours}"),
    "button.limits": N_("Not before, not after"),
    "button.before": N_("Nothing before …"),
    "button.after": N_("Nothing after …"),
    "button.no_limit": N_("No limit"),
    "button.wakes": N_("When I get up"),
    "button.weekend": N_("Another time at weekends"),
    "button.day_starts": N_("When my day begins"),
    "button.notes": N_("How notes look"),
    "button.other_words": N_("Other words"),
    "button.code": N_("A word of my own"),
    "button.code_before": N_("Before the words of a note"),
    "button.code_alone": N_("Instead of the words of a note"),
    "button.code_none": N_("Without that word"),
    "button.sound_on": N_("With a sound"),
    "button.sound_off": N_("Without a sound"),
    "button.goes": N_("When it leaves this chat"),
    "button.resume": N_("End the pause"),
    "button.checkin_now": N_("Check in now"),
    "button.start_longer": N_("Start that set"),
    "button.try_now": N_("Try one now"),
    "button.not_now": N_("Not now"),
    "button.no_thanks": N_("No, thank you"),
    "button.yes": N_("Yes"),
    "button.no": N_("No"),
    "button.agree": N_("Yes, I want to take part"),
    "button.come_back": N_("Come back"),
    "button.reminders_on": N_("Switch reminders on"),
    "button.reminders_off": N_("Switch reminders off"),
    "button.hello_off": N_("No more hellos"),
    "button.slider": N_("Use a slider"),
    "button.whole": N_("All on one page"),
    "button.send": N_("Send"),
    "button.save": N_("Save"),
    "button.try_again": N_("Try again"),
    "button.close": N_("Close"),
    # joining
    "language.words": N_("Which language?"),
    "join.page": N_("{i} of {n}"),
    "join.not_stated": N_("(not stated yet: this is a test run)"),
    "join.later": N_("That’s fine. This stays here until you are ready. Nothing more will be sent."),
    "join.no": N_(
        "No is fine, and so is not now. It changes nothing for you anywhere. Shall this go away, and nothing be kept?"
    ),
    "join.left": N_("That’s fine. Nothing about you was kept."),
    "join.used": N_(
        "This invitation has been used already, or it has ended. The person who gave it to you can give you a new one."
    ),
    "join.welcome": N_(
        "This is a private chat. To use it you need an invitation. Open its link, or send its code here."
    ),
    "join.already": N_("You are in already, so the code was not needed. It still works for somebody else."),
    # a check-in
    "practice.words": N_("You are in. Would you like to try one now? It does not count. You can see how it feels."),
    "question.how_many": NN_(
        "{n} short question, about {minutes} min. Skip it if you like.",
        "{n} short questions, about {minutes} min. Skip any.",
    ),
    "question.progress": N_("{i} of {n}"),
    "question.ends": N_("{first} = {low} · {last} = {high}"),
    "question.you_said": N_("Before, you said: {answer}"),
    "thanks.done": N_("Thank you. That’s all for now."),
    "thanks.short": N_("Thank you."),
    "thanks.offer": NN_(
        "There is one more set: {n} question, about {minutes} min. Only if you like.",
        "There is one more set: {n} questions, about {minutes} min. Only if you like.",
    ),
    "thanks.one_more": N_("There is one more question. Only if you like."),
    "closed.words": N_("That one has closed. Check in now?"),
    "closed.note": N_("This one has closed. That’s fine."),
    "closed.stopped": N_("That one has closed."),
    "later.words": N_("Fine. You can start any time until {until}. One note comes in an hour if there is still time."),
    "later.until": N_("Fine. You can start any time until {until}."),
    "later.at": N_("Fine. A note comes at {at}. You can start any time until {until}."),
    "later.nothing": N_("Nothing is waiting, so there is nothing to put off. If you need quiet, a pause is fine."),
    "snooze.words": N_("When would be better?"),
    "snooze.minutes": NN_("In {n} minute", "In {n} minutes"),
    "snooze.hours": NN_("In {n} hour", "In {n} hours"),
    "snooze.tonight": N_("Tonight"),
    "checkin.which": N_("Which one?"),
    "checkin.enough": N_("That was the last one for today. Thank you. There is room for more tomorrow."),
    "edit.words": N_(
        "You can change what you said today. Both are kept: what you said at the time, and what you say now. "
        "Sums and charts go by what you said at the time. Which one?"
    ),
    "edit.nothing": N_("There is nothing from today that could be changed. While a set is open, Back does it."),
    "edit.done": N_("Thank you. What you said at the time is kept as well."),
    "declined.words": N_("That’s fine. Thank you for saying so."),
    "resting.words": N_("That’s fine. What you gave is kept. You can go on while it is open."),
    "toast.done": N_("That one is done already."),
    "toast.noted": N_("That is noted."),
    "toast.old_button": N_("That button is from earlier."),
    # the menu
    "home.quiet": N_("Nothing to do now."),
    "home.offer": N_("Nothing you need to do now. One more set is open if you like."),
    "home.completed": N_("Your part is done. Nothing more will be sent. Thank you for everything you gave."),
    "home.resting": N_("Notes are resting. You can go on with one tap, or leave it as it is."),
    "home.waiting": N_("Something is waiting. You can start until {until}."),
    "home.paused": N_("Paused until {until}. Nothing will be sent before then."),
    "notice.saved": N_("Saved."),
    "notice.times_saved": N_("Your times are saved."),
    "notice.days_dropped": N_("Your times are saved. Your other hours on some days did not fit any more and are gone."),
    "notice.day_starts": N_("Saved. Your day begins at {time}."),
    "notice.zone_saved": N_("Your time zone is saved."),
    "notice.zone_unknown": N_("No place of that name was found. A big city nearby works best."),
    "notice.reminders_on": N_("Reminders are on."),
    "notice.reminders_off": N_("Reminders are off."),
    "notice.hello_off": N_("No more hellos. You can come back at any time."),
    "notice.welcome_back": N_("Good to have you here."),
    "notice.contact_noted": N_("It is noted."),
    # hours
    "times.words": N_("When would be good for notes to come?"),
    "times.now": N_("Your times now: {hours}"),
    "times.on": N_("{day}: {hours}"),
    "times.quiet": N_("quiet {hours}"),
    "times.before": N_("nothing before {time}"),
    "times.after": N_("nothing after {time}"),
    "times.wakes": N_("up at {time}"),
    "times.wakes_weekend": N_("at weekends up at {time}"),
    "times.day": N_("day begins at {time}"),
    "times.never_come": N_(
        "With this no note can come at {hours}. It stays away and counts as paused, not against you. "
        "If that is not what you want, choose other times."
    ),
    "own.first": N_("When should the first one come? It comes within half an hour of the time you pick."),
    "own.next": N_("And number {i} of {n}?"),
    "own.too_near": N_("That is too near to another one. This would fit: {fits}."),
    "own.no_room": N_("There is no room for one more. Please start again, with other times."),
    "days.words": N_("On which day would you like other hours?"),
    "day.1": N_("Monday"),
    "day.2": N_("Tuesday"),
    "day.3": N_("Wednesday"),
    "day.4": N_("Thursday"),
    "day.5": N_("Friday"),
    "day.6": N_("Saturday"),
    "day.7": N_("Sunday"),
    "day.weekend": N_("Weekends"),
    "quiet.words": N_("In quiet hours nothing comes."),
    "quiet.from": N_("From when should it be quiet?"),
    "quiet.hint": N_("Or type it: 01:00, or both ends at once, such as 01:00–09:00."),
    "quiet.to": N_("Quiet from {time}. Until when?"),
    "quiet.no_length": N_("Both are the same time. Please choose another one."),
    "limits.words": N_("Is there a time before which nothing should come, or after which?"),
    "limits.before": N_("Before which time should nothing come?"),
    "limits.after": N_("After which time should nothing come?"),
    "wakes.words": N_("When do you get up? Notes follow from it."),
    "wakes.weekend": N_("When do you get up at weekends?"),
    "day_starts.words": N_("When does your day begin? What comes after midnight then still belongs to the day before."),
    "day_starts.now": N_("Now it begins at {time}."),
    "day_starts.early": N_("Early morning, {time}"),
    "day_starts.noon": N_("Noon, {time}"),
    "day_starts.afternoon": N_("Afternoon, {time}"),
    "day_starts.fits": N_("With your times your day can begin here: {fits}."),
    "zone.words": N_("Which place has your time? Pick one, or type a big city."),
    "pause.words": N_(
        "How long would you like a pause? Nothing is sent until then, and it does not count against you."
    ),
    "pause.hours": N_("4 hours"),
    "pause.tomorrow": N_("Until tomorrow"),
    "pause.three_days": N_("3 days"),
    "pause.week": N_("A week"),
    "pause.until_day": N_("Until a day"),
    "pause.until": N_("Until which day? Pick one, or type a date, with a time if you like: 12 May, or 12 May 18:00."),
    "pause.day": N_("{day}"),
    "pause.ahead": N_("That is over already. Please choose a time that is still to come."),
    # help
    "places.words": N_("Places to go and people to turn to. What is open comes first."),
    "places.none": N_("There is no list of places here yet."),
    "places.name": N_("{name}: {what}"),
    "places.contact": N_("Reach them: {contact}"),
    "places.open": N_("Open now, until {until}."),
    "places.opens": N_("Opens {at}."),
    "places.hours_unknown": N_("We do not know when it is open. Ask before you go."),
    "places.women_only": N_("For women only."),
    "places.trans_inclusive": N_("Trans people are welcome."),
    "places.walk_in": N_("You can just walk in."),
    "places.unverified": N_("Not checked lately: it may have changed."),
    "places.lines": N_("{first}\n{second}"),
    "help.danger": N_("In danger now: call 999. Nobody watches this chat."),
    "help.line": N_("{name}: {contact} · {hours} · {cost} ({nation})"),
    "help.line_unverified": N_(
        "{name}: {contact} · {hours} · {cost} ({nation}). Not checked lately: it may have changed."
    ),
    "contact.words": N_("Would you like someone to get in touch with you?"),
    "contact.who": N_("{person} answers. {hours}"),
    "contact.nobody_named": N_("This is a test run: nobody is named yet who would answer."),
    "contact.yes": N_("Yes, please"),
    "unread.words": N_("No person reads this chat. What you typed was deleted."),
    "privacy.who": N_(
        "The research team sees answers without a name. Your worker sees only whether you answered, never what. "
        "Neither sees your number."
    ),
    "privacy.telegram": N_(
        "Telegram can read this chat. If the law asks, it may give a phone number and an internet address to the police or "
        "a court."
    ),
    "privacy.phone": N_("Whoever holds your phone can see what is in this chat. “Hide this chat” clears it."),
    "privacy.erase": N_("You can erase all of it at any time."),
    "privacy.erase_until": N_("You can erase all of it until {date}."),
    # what is hers to see and to take along
    "me.coming": N_("The picture comes now. It goes from this chat after 10 minutes."),
    "me.few": N_("A picture takes {least} sets with answers. So far there are: {n}."),
    "me.none": N_("There is no picture to show here."),
    "me.lowest": NN_(
        "From {n} set so far. Lowest {low}, highest {high}. At least half are from {start} to {end}.",
        "From {n} sets so far. Lowest {low}, highest {high}. At least half are from {start} to {end}.",
    ),
    "me.scale": N_("They can go from {least} to {most}."),
    "me.left_out": NN_(
        "{n} more was given in another way and is left out.", "{n} more were given in another way and are left out."
    ),
    "me.number": N_("Number {i}: {words}"),
    "me.too_few": N_("Too few for a picture so far."),
    "me.band": N_("at least half of them lie here"),
    "mydata.words": N_(
        "You can have a copy of everything that is kept about you. It comes as two files: one to read, and one that "
        "leaves nothing out."
    ),
    "mydata.phone": N_(
        "Whoever holds this phone can open them, and Telegram can read them. They go from this chat after 10 minutes. "
        "What you save on the phone stays there."
    ),
    "mydata.yes": N_("Yes, send it"),
    "mydata.coming": N_("The files come now. They go from this chat after 10 minutes."),
    "copy.title": N_("What is kept about you"),
    "copy.made": N_("Made on {at}"),
    "copy.line": N_("{what}: {value}"),
    "copy.answer": N_("{question} – {answer}"),
    "copy.value": N_("{value}"),
    "copy.when": N_("{at}"),
    "copy.you": N_("About you"),
    "copy.name": N_("The name that stands for you"),
    "copy.number": N_("The number of this chat"),
    "copy.since": N_("Here since"),
    "copy.language": N_("Language"),
    "copy.consent": N_("What you said yes or no to"),
    "copy.version": N_("Words of version {version}"),
    "copy.sets": N_("Each set, and what you gave"),
    "copy.to_come": NN_("{n} more is planned.", "{n} more are planned."),
    "copy.changed": N_("Changed to: {answer}"),
    "copy.score": N_("{name}: {value} (from {n} of {of} answers)"),
    "copy.contact": N_("When someone was to get in touch"),
    "copy.media": N_("Voice messages and photos"),
    "copy.chat": N_("This chat"),
    "copy.messages": NN_(
        "{n} message is known by its number, so that it can be removed.",
        "{n} messages are known by their numbers, so that they can be removed.",
    ),
    "copy.rest": N_("The other file has all of it, to the letter."),
    "copy.key": N_("Only the key that locks what is kept is in neither: it stays apart, so that nobody finds both."),
    "state.open": N_("Open now"),
    "state.completed": N_("Done"),
    "state.partial": N_("Done in part"),
    "state.declined": N_("You chose to skip it"),
    "state.missed": N_("No answer"),
    "state.undelivered": N_("It did not reach you"),
    "state.unknown": N_("It may not have reached you"),
    "state.paused": N_("There was a pause"),
    "state.quiet": N_("Notes were resting"),
    "state.cancelled": N_("Taken back"),
    "given.skipped": N_("Skipped"),
    "given.prefer_not": N_("Prefer not to say"),
    "given.not_now": N_("Put off"),
    "origin.asked": N_("You asked for it"),
    "origin.offered": N_("You said yes to it"),
    "origin.silence": N_("After a while with no answer"),
    "contact.open": N_("Still open"),
    "contact.done": N_("Done on {at}"),
    "media.kept": N_("It is in the other file."),
    "media.expected": N_("It is still to be fetched."),
    "media.lost": N_("It could not be kept."),
    "media.big": N_("It is too big for the other file. You can ask someone for it."),
    # leaving
    "stop.words": N_("It is your choice, and no reason is needed. What would you like?"),
    "stop.pause": N_("Pause for a while"),
    "stop.keep": N_("Stop, and keep what I gave"),
    "stop.erase": N_("Stop, and erase everything"),
    "erase.words": N_("Everything about you will be erased, in the copies too. This cannot be undone."),
    "erase.yes": N_("Yes, erase everything"),
    "erase.done": N_("Everything about you is erased. Receipt: {receipt}. Thank you for your time."),
    "left.words": N_(
        "You have stopped. Nothing more will be sent. What you gave is kept without your name. Thank you."
    ),
    # after silence
    "silence.missed_some": N_("Just a hello. No need to answer anything. Notes go on as before."),
    "silence.other_times": N_("Would other times suit you better, or a pause? Both are fine."),
    "silence.hello": N_("Hello. Notes are resting. You can go on with one tap, or leave it as it is."),
}
"""Key → English words, or a pair of them where `n` counts."""

MENU: Final[dict[str, str]] = {
    "checkin": N_("Check in now"),
    "help": N_("Help"),
    "places": N_("Places to go"),
    "contact": N_("Ask someone to contact me"),
    "later": N_("Later"),
    "pause": N_("Pause"),
    "times": N_("My times"),
    "notes": N_("How notes look"),
    "pin": N_("PIN and new phone"),
    "timezone": N_("Time zone"),
    "language": N_("Language"),
    "edit": N_("Change today’s answers"),
    "me": N_("My answers as a picture"),
    "mydata": N_("A copy of what is kept"),
    "link": N_("My pages in a browser"),
    "hide": N_("Clear this chat"),
    "privacy": N_("Who sees what"),
    "stop": N_("Stop or leave"),
}
"""The bot's command menu, in this order."""
