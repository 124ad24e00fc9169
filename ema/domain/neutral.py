"""Words that would tell whoever glances at the phone what the chat is about."""

from __future__ import annotations

import re

_TOPICS = re.compile(
    r"\b(sex\w*|self-esteem|esteem|mood\w*|feelings?|stud(y|ies)|research\w*|surveys?|questionnaires?|health\w*|mental\w*|"
    r"well-?being|depress\w*|anxi\w*|drugs?|clinics?|hiv|outreach|workers?|projects?|"
    r"autoestima|ánimo|estudios?|investiga\w*|encuestas?|cuestionarios?|salud|bienestar|depresi\w*|ansi\w*|drogas?|"
    r"clínicas?|vih|proyectos?)\b",
    re.IGNORECASE,
)


def topic_in(text: str) -> str | None:
    """The first such word of a text; None where it is neutral, as far as a list of words can tell."""
    told = _TOPICS.search(text)
    return told[0] if told else None
