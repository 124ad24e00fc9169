"""Words of what is paid, and of how somebody would like to be met. Part of the catalogue, whose notes hold here too."""

from __future__ import annotations

from typing import Final

from ema.texts.mark import N_

ENGLISH: Final[dict[str, str | tuple[str, str]]] = {
    "button.paid": N_("What I have earned"),
    # what is paid
    "paid.none": N_("Nothing is paid here."),
    "paid.words": N_("You have earned {earned}. You have had {given} of it. Still to come: {left}."),
    "paid.stays": N_("It is yours. You keep it if you stop."),
    "paid.ask": N_("Get a voucher"),
    "paid.mine": N_("My vouchers"),
    "paid.got": N_("This one is new, and yours."),
    "paid.none_fits": N_("There is no voucher for it just now. What you have earned stays. You can ask for it again."),
    "paid.no_vouchers": N_("You have no vouchers yet."),
    "paid.voucher": N_("{worth}, since {on}: {code}"),
    "paid.lost": N_("You have {left} still to come. That goes too. You can get it first."),
    # how a person gets in touch
    "button.reach": N_("How to reach me"),
    "button.way": N_("The way"),
    "button.worker": N_("Who gets in touch"),
    "button.pronouns": N_("My pronouns"),
    "button.no_pronouns": N_("I would rather not say"),
    "button.any_place": N_("I leave it open"),
    "reach.words": N_("How should a person reach you? Say as much as you like. You can change it at any time."),
    "reach.now_bot": N_("If a person gets in touch: by a message."),
    "reach.now_call": N_("If a person gets in touch: by a call."),
    "reach.now_place": N_("If a person gets in touch: through a place."),
    "reach.now_named": N_("If a person gets in touch, then through this place: {place}."),
    "reach.now_never": N_("Nobody gets in touch, unless you ask for it."),
    "reach.number": N_("No number is kept here. Give it to the person you know from the team."),
    "reach.by": N_("Who gets in touch: {worker}."),
    "reach.hers": N_("Your pronouns: {pronouns}."),
    "reach.way": N_("Which way is best for you?"),
    "reach.place": N_("Which place? Tap one, or type its name in at most {most} letters."),
    "reach.worker": N_("Who should it be? No reason is needed. We try, and may not always have one."),
    "reach.pronouns": N_("Only your worker sees this. Tap, or type your own in at most {most} letters."),
    "way.bot": N_("By a message"),
    "way.call": N_("By a call"),
    "way.place": N_("Through a place"),
    "way.never": N_("Not at all"),
    "worker.any": N_("It can be anyone"),
    "worker.woman": N_("a woman"),
    "worker.man": N_("a man"),
    "worker.trans": N_("a trans person"),
    "worker.nonbinary": N_("a non-binary person"),
    "pronouns.she": N_("she/her"),
    "pronouns.he": N_("he/him"),
    "pronouns.they": N_("they/them"),
    # who is there for her
    "button.other_person": N_("Someone else, please"),
    "yours.words": N_("Your worker is {person} from now on. If someone gets in touch, it is {person}."),
    "yours.other": N_("Would you like someone else? One tap is enough. No reason is needed."),
    "yours.nobody": N_("You have no worker of your own just now. Anyone from the team may get in touch."),
    "notice.other_person": N_("All right. The team looks for someone else."),
    "contact.yours": N_("Your worker is {person}."),
    "contact.off": N_("{person} is off today. Someone else may answer."),
    "copy.other_person": N_("You asked for someone else as your worker."),
    # a quicker way in
    "places.fast": N_("A quicker way in for you: {words}"),
    "places.code": N_("Your code there: {code}"),
    # in the copy of what is kept
    "copy.paid": N_("What you earned and had"),
    "ledger.earned": N_("Earned: {worth}"),
    "ledger.given": N_("Given to you: {worth}"),
    "ledger.corrected": N_("Put right: {worth}"),
    "ledger.left": N_("Still to come: {worth}"),
}
