"""What follows from care rules. Nothing here says what was answered, or what came of it."""

from __future__ import annotations

from typing import Final

from ema.texts.mark import N_

ENGLISH: Final[dict[str, str | tuple[str, str]]] = {
    "care.words": N_("Some days are hard. You do not have to be on your own with that."),
    "care.thanks": N_("Thank you for telling us. You are not on your own."),
    "care.danger": N_("In danger now: call 999. You can call these lines too."),
    "care.called": N_("Someone is on call now. We have asked them to get in touch with you today."),
    "care.nobody": N_(
        "Nobody is on call now. Someone will be there from {at}. "
        "If you need help before then, please call a line above."
    ),
    "care.call": N_("Shall someone call you?"),
}
