"""Words of the page that somebody makes for a service. Part of the catalogue, whose notes hold here too."""

from __future__ import annotations

from typing import Final

from ema.texts.mark import N_, NN_

ENGLISH: Final[dict[str, str | tuple[str, str]]] = {
    # in the chat
    "button.share": N_("A page for a service"),
    "share.words": N_(
        "You can make a page for a service to read. You choose what is on it and until when. If you make none, no "
        "service sees a thing."
    ),
    "share.none": N_("No page of yours is out."),
    "share.unopened": N_("{whom}, until {until}: not opened so far."),
    "share.opened": NN_(
        "{whom}, until {until}: opened {n} time, last on {last}.",
        "{whom}, until {until}: opened {n} times, last on {last}.",
    ),
    "share.new": N_("Make a page"),
    "share.end": N_("End: {whom}"),
    "share.end_all": N_("End all my pages"),
    "share.ended": N_("That page is closed. It can’t be opened now."),
    "share.ended_all": N_("No page of yours can be opened now."),
    "share.most": N_("{most} pages are out. End one of them first."),
    "share.what": N_("What should be on the page? Tap all that fit, then Next."),
    "share.weeks": N_("How many check-ins, by week"),
    "share.whom": N_(
        "Who is it for? That is for your own list and not on the page. Tap a name, or type one in at most {most} "
        "letters."
    ),
    "share.until": N_("How long can it be read?"),
    "share.month": N_("For four weeks"),
    "share.look": N_("This is what the page will show, and no more. The numbers are those of the day it is read."),
    "share.picture": N_("Above these words stands your picture, the same as in /me."),
    "share.for": N_("In your list: {whom}."),
    "share.make": N_("Make this page"),
    "share.here": N_("Your page is made. Copy its address, and give it to the service."),
    "share.keep": N_(
        "Who has the address can read the page. You see the address just this once: it goes from this chat after 10 "
        "minutes. You can end the page at any time: /share"
    ),
    "share.copy": N_("Copy the address"),
    # on the page
    "shared.title": N_("A note"),
    "shared.start": N_("Somebody gave you a note to read."),
    "shared.old": N_("This note can’t be read, or not any more."),
    "shared.paste": N_("The address that you were given"),
    "shared.from": N_("This comes from the person it is about. They chose what is on it, and can end it at any time."),
    "shared.until": N_("It can be read until {until}."),
    "shared.reach": N_("How they would like to be reached"),
    "shared.pronouns": N_("Pronouns: {pronouns}"),
    "shared.way": N_("How to get in touch: {way}"),
    "shared.place": N_("Get in touch through this place: {place}"),
    "shared.by": N_("Who should get in touch: {worker}"),
    "shared.weeks": N_("How many check-ins, by week"),
    "shared.week": N_("Week from {day}: {number}"),
    "shared.no_weeks": N_("There are no check-ins so far."),
    "shared.chart": N_("Their answers over time"),
    "shared.picture": N_("A picture. The words below say what it shows."),
}
