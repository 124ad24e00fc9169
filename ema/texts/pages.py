"""Words of the pages, in the Mini App and by a personal link. English, by key; part of the catalogue."""

from __future__ import annotations

from typing import Final

ENGLISH: Final[dict[str, str | tuple[str, str]]] = {
    "button.language": "Language",
    "button.settings": "All settings",
    "button.hide_page": "Hide this",
    "button.pages": "Settings on a page",
    "button.open": "Open",
    # the Mini App
    "app.waiting": "One moment.",
    "app.untouched": "Nothing is picked yet. Touch the line where it fits.",
    "app.touched": "You can still move it.",
    "app.nothing": "Nothing to do here. You can close this.",
    "app.again": "Please close this, and open it from the chat again.",
    "app.not_sent": "That did not get through. Please try again.",
    "app.type": "Type it here.",
    "app.begun": "You have begun. You can go on with it now.",
    "app.picture": "A picture of your answers. The words below say what it shows.",
    # a personal link to the same pages
    "link.words": (
        "A link opens your pages in any browser, without this chat. What you give there is kept with the rest."
    ),
    "link.once": "Open it within an hour. It works once, in one browser. A new link ends the one before.",
    "link.who": "Others who use that browser could see your pages too. “Hide this” closes them.",
    "link.day": "For one day",
    "link.week": "For one week",
    "link.end": "End all my links",
    "link.ended": "No link of yours works now.",
    "link.here": "Here is your link. Open it within an hour, where you want to use it.",
    "link.none": "Is there no button for it below? Then there are no such pages here.",
    "link.open": "Open my pages",
    "link.paste": "Your link or code",
    "link.start": "This opens your pages in this browser.",
    "link.old": (
        "That does not open anything, or not any more. If it was given to you, ask there for a new one. "
        "In the chat you get one by /link"
    ),
    "link.wait": "Please wait one minute. Then you can try again.",
    "link.rest": (
        "“Hide this” closes these pages at once. A new link opens them again. "
        "To stop, or for a copy of what is kept, use the chat."
    ),
    # her page without Telegram
    "page.alone": (
        "You are here by a browser, not by Telegram. What is said about Telegram does not hold for you. "
        "The chat is this page. Your browser may note its name, which tells nothing."
    ),
    "page.rings": (
        "Nothing rings here, and no note comes to your phone. You look when you like. "
        "If something closes before you look, that is all right."
    ),
    "page.keeps": (
        "This browser knows you for {n} day after you last looked.",
        "This browser knows you for {n} days after you last looked.",
    ),
    "page.code": "If it forgets you, or for a new phone, you need a code: see “PIN and new phone”.",
    "page.leave": (
        "Not your own phone? Close this when you go. To come back you need a code: your own, or one from your worker."
    ),
    "page.close": "Close this here",
    "page.file": "Save {name}",
    "page.unsendable": "This can’t be sent from here. You can skip it.",
}
