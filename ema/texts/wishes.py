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
    # in the copy of what is kept
    "copy.paid": N_("What you earned and had"),
    "ledger.earned": N_("Earned: {worth}"),
    "ledger.given": N_("Given to you: {worth}"),
    "ledger.corrected": N_("Put right: {worth}"),
    "ledger.left": N_("Still to come: {worth}"),
}
