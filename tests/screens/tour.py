"""The way to every screen. Nothing is put up by hand: people tap what they see, type, wait, and are silent.

Each stop is named after the place of the dialogue at which it stands; a variant follows after a hyphen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ema.domain.conversation.joining import LANGUAGE_NAMES
from ema.domain.days_off import WEEKDAYS
from ema.services import moving, payments, pin, staff, workers
from ema.services.signin import Signed
from tests.screens.hands import Hands, Stop
from tests.screens.studies import CARING, MET, OTHER, PLACES, SILENT, SLIDING, WHOLE
from tests.services.world import Someone, World

RATING, SENTENCE = "5", "Strongly agree"


class Tour(Hands):
    """Everything."""

    def sections(self) -> Iterator[tuple[str, Iterator[Stop]]]:
        """Every screen, under the headings of the page that shows them."""
        world = self.make_world(WHOLE)
        yield "Without an invitation", self.without_an_invitation(world)
        yield "Not now, and no", self.saying_no(world)
        anna = self.phone(world, "Anna")
        yield "Joining", self.joining(world, anna)
        yield "A check-in", self.first_day(world, anna)
        yield "Your times", self.her_times(anna)
        yield "How a note looks, and when it goes", self.her_notes(anna)
        yield "A PIN, and a new phone", self.her_pin()
        yield "Changing an answer of today", self.changing(world, anna)
        yield "What is hers", self.what_is_hers(anna)
        yield "What is paid", self.what_is_paid(world, anna)
        yield "Help, and who sees what", self.help(anna)
        yield "How a person reaches her", self.how_to_reach_her(anna)
        yield "Who is there for her", self.her_worker()
        yield "A pause", self.pausing(anna)
        yield "Stopping and hiding", self.leaving(world, anna)
        yield "After a silence, and at the end", self.silence()
        yield "What only some studies offer", self.what_other_studies_offer()
        yield "Where a study states care rules", self.being_cared_for()
        yield "Other kinds of questions", self.other_questions()

    # --- the bundled study

    def without_an_invitation(self, world: World) -> Iterator[Stop]:
        stranger = self.phone(world, "Somebody")
        stranger.start()
        yield Stop("welcome", stranger)
        stranger.write("/places")
        yield Stop("places-stranger", stranger)
        stranger.write("NOCODE22")
        yield Stop("welcome-used", stranger)

    def saying_no(self, world: World) -> Iterator[Stop]:
        cleo = self.started(world, "Cleo")
        self.tap(cleo, "button.no_thanks")
        yield Stop("join.no", cleo)
        self.tap(cleo, "button.not_now")
        yield Stop("join.later", cleo)
        self.tap(cleo, "button.go_on", "button.no_thanks", "button.no_thanks")
        yield Stop("join.left", cleo)
        dora = self.started(world, "Dora")
        self.tap(dora, *["button.next"] * len(WHOLE.consent.screens), "button.no")
        yield Stop("join.young", dora)

    def joining(self, world: World, anna: Someone) -> Iterator[Stop]:
        anna.start(world.invite()[0])
        yield Stop("language", anna)
        anna.tap(LANGUAGE_NAMES[self.language])
        for page in range(1, len(WHOLE.consent.screens) + 1):
            yield Stop(f"join.info-{page}", anna)
            self.tap(anna, "button.next")
        for place, label in (
            ("join.age", "button.yes"),
            ("join.alone", "button.yes"),
            ("join.agree", "button.agree"),
            ("join.health", "button.yes"),
            ("times-joining", WHOLE.hours.presets["late"].label),
        ):
            yield Stop(place, anna)
            self.tap(anna, label)
        yield Stop("zone-joining", anna)
        self.tap(anna, "London")
        yield Stop("practice", anna)
        self.tap(anna, "button.try_now", *[RATING] * 7)
        yield Stop("thanks-offer", anna)
        self.tap(anna, "button.start")
        yield Stop("question-sentence", anna)
        self.tap(anna, "button.leave")

    def first_day(self, world: World, anna: Someone) -> Iterator[Stop]:
        world.until(anna.checkins()[0].due_at)
        yield Stop("note-locked", anna, "locked")
        anna.phone.read()
        yield Stop("note", anna)
        self.tap(anna, "button.later")
        yield Stop("later", anna)
        self.tap(anna, "button.menu")
        yield Stop("home-waiting", anna)
        self.tap(anna, "button.start")
        yield Stop("question-first", anna)
        self.tap(anna, RATING)
        yield Stop("question", anna)
        anna.write("...")
        yield Stop("question-unread", anna)
        self.tap(anna, "button.leave")
        yield Stop("resting", anna)
        self.tap(anna, "button.go_on", *[RATING] * 6)
        self.tap(anna, "button.not_now")
        yield Stop("home-offer", anna)
        world.until(anna.checkins()[1].due_at)
        self.tap(anna, "button.skip")
        yield Stop("declined", anna)
        world.until(anna.checkins()[2].due_at)
        world.clock.move_to(anna.checkins()[2].expires_at + timedelta(minutes=1))  # and nothing tidied up yet
        self.tap(anna, "button.start")
        yield Stop("closed", anna)
        world.until(anna.checkins()[3].expires_at + timedelta(minutes=1))
        yield Stop("note-closed", anna)

    def her_times(self, anna: Someone) -> Iterator[Stop]:
        anna.write("/times")
        yield Stop("times", anna)
        self.tap(anna, "button.own_hours")
        yield Stop("own", anna)
        self.tap(anna, "10:00")
        yield Stop("own-next", anna)
        self.tap(anna, "button.back", "button.other_days")
        yield Stop("days", anna)
        self.tap(anna, "day.6")
        yield Stop("own-saturday", anna)
        self.tap(anna, "button.back", "button.back", "button.quiet")
        yield Stop("quiet", anna)
        self.tap(anna, "button.add_quiet")
        yield Stop("quiet.from", anna)
        self.tap(anna, "01:00")
        yield Stop("quiet.to", anna)
        self.tap(anna, "09:00")
        yield Stop("quiet-set", anna)
        self.tap(anna, "button.back", "button.limits")
        yield Stop("limits", anna)
        self.tap(anna, "button.before")
        yield Stop("limits.before", anna)
        self.tap(anna, "button.back", "button.after")
        yield Stop("limits.after", anna)
        self.tap(anna, "button.back", "button.back", "button.day_starts")
        yield Stop("day", anna)
        anna.write("/timezone")
        yield Stop("zone", anna)
        anna.write("Nowhere")
        yield Stop("zone-unknown", anna)

    def her_notes(self, anna: Someone) -> Iterator[Stop]:
        anna.write("/notes")
        yield Stop("notes", anna)
        self.tap(anna, "button.other_words")
        yield Stop("notes.words", anna)
        self.tap(anna, "button.back", "button.code")
        yield Stop("notes.code", anna)
        anna.write("Blue")
        yield Stop("notes-set", anna)
        self.tap(anna, "button.code")
        yield Stop("notes.code-set", anna)
        self.tap(anna, "button.back", "button.goes")
        yield Stop("notes.goes", anna)
        self.tap(anna, "button.back")

    def her_pin(self) -> Iterator[Stop]:
        world = self.make_world(WHOLE)
        joan = self.joined(world, "Joan")
        joan.write("/pin")
        yield Stop("pin", joan)
        self.tap(joan, "button.pin_new", "2", "5")
        yield Stop("pin.new", joan)
        self.tap(joan, "8", "0")
        yield Stop("pin.again", joan)
        self.tap(joan, *"2580")
        yield Stop("pin-set", joan)
        self.tap(joan, "button.new_code", *"2580")
        yield Stop("pin-code", joan)
        world.wait(minutes=11)
        joan.write("/me")
        yield Stop("lock", joan)
        self.tap(joan, *"1111" * 4)
        yield Stop("lock-wait", joan)
        self.tap(joan, "button.pin_forgotten")
        yield Stop("lock.forgotten", joan)
        pin.reset(world.here, str(joan.id), Signed(1, "A worker", "peer"))
        world.rest()
        yield Stop("home-reset", joan)
        phone = self.phone(world, "Joan’s new one")
        phone.write(moving.issue(world.here, str(joan.id), Signed(1, "A worker", "peer")))
        yield Stop("home-moved", phone)
        joan.write("/start")
        yield Stop("welcome-left", joan)
        phone.write("BBBB-BBBB-BBBB-BBBB")
        yield Stop("move-unknown", phone)

    def changing(self, world: World, anna: Someone) -> Iterator[Stop]:
        anna.write("/later")
        yield Stop("nothing_waits", anna)
        anna.write("/edit")
        yield Stop("edit-nothing", anna)
        anna.write("/checkin")
        self.tap(anna, *[RATING] * 7)
        anna.write("/edit")
        yield Stop("edit", anna)
        anna.tap(anna.last.labels[0])
        yield Stop("question-edit", anna)
        self.tap(anna, "4", *[RATING] * 6)
        yield Stop("edited", anna)

    def what_is_hers(self, anna: Someone) -> Iterator[Stop]:
        anna.write("/me")
        yield Stop("home-me", anna)
        anna.write("/mydata")
        yield Stop("mydata", anna)
        self.tap(anna, "button.carry_on")
        anna.write("/link")
        yield Stop("link", anna)
        self.tap(anna, "link.day")
        yield Stop("link.here", anna)
        self.tap(anna, "link.end")
        yield Stop("home-no_link", anna)
        anna.write("/share")
        yield Stop("share", anna)
        self.tap(anna, "share.new")
        yield Stop("share.what", anna)
        self.tap(anna, "button.reach", "share.weeks", "button.me")
        yield Stop("share.what-chosen", anna)
        self.tap(anna, "button.next")
        yield Stop("share.whom", anna)
        anna.tap("Lantern")
        yield Stop("share.until", anna)
        self.tap(anna, "link.week")
        yield Stop("share.look", anna)
        self.tap(anna, "share.make")
        yield Stop("share.here", anna)
        self.tap(anna, "button.back")
        yield Stop("share-out", anna)
        anna.tap(next(label for label in anna.last.labels if "Lantern" in label))
        yield Stop("share-ended", anna)
        self.tap(anna, "button.carry_on")
        yield Stop("page-settings", anna, "page", self.label("button.pages"))

    def what_is_paid(self, world: World, anna: Someone) -> Iterator[Stop]:
        anna.write("/paid")
        yield Stop("paid", anna)
        self.tap(anna, "paid.ask")
        yield Stop("paid.vouchers-none", anna)
        robin = Signed(staff.add(world.here, "Robin", "admin"), "Robin", "admin")
        payments.add_vouchers(world.here, world.study, "MADE-UP-1, 0.50", robin)
        self.tap(anna, "button.back", "paid.ask")
        yield Stop("paid.vouchers", anna)
        self.tap(anna, "button.carry_on")

    def how_to_reach_her(self, anna: Someone) -> Iterator[Stop]:
        anna.write("/contact")
        self.tap(anna, "button.reach")
        yield Stop("reach", anna)
        self.tap(anna, "button.way")
        yield Stop("reach.way", anna)
        self.tap(anna, "way.place")
        yield Stop("reach.place", anna)
        anna.tap("Lantern")
        self.tap(anna, "button.worker")
        yield Stop("reach.worker", anna)
        self.tap(anna, "worker.woman", "button.pronouns")
        yield Stop("reach.pronouns", anna)
        self.tap(anna, "pronouns.she")
        yield Stop("reach-set", anna)

    def her_worker(self) -> Iterator[Stop]:
        world = self.make_world(WHOLE)
        nora = self.joined(world, "Nora")
        sam = Signed(staff.add(world.here, "Sam", "peer"), "Sam", "peer")
        workers.give(world.here, str(nora.id), sam.id, None, sam)
        world.until(nora.checkins()[0].due_at)
        yield Stop("yours", nora, message_id=self.looked(nora))
        workers.set_days_off(world.here, WEEKDAYS, sam)
        nora.write("/contact")
        yield Stop("contact-off", nora)
        self.tap(nora, "button.other_person", "button.other_person")
        yield Stop("yours-nobody", nora)

    def help(self, anna: Someone) -> Iterator[Stop]:
        anna.write("/help")
        yield Stop("help", anna)
        anna.write("/places")
        yield Stop("places", anna)
        anna.write("/contact")
        yield Stop("contact", anna)
        self.tap(anna, "contact.yes")
        yield Stop("home-noted", anna)
        anna.write("/privacy")
        yield Stop("privacy", anna)
        anna.write("...")
        yield Stop("unread", anna)

    def pausing(self, anna: Someone) -> Iterator[Stop]:
        anna.write("/pause")
        yield Stop("pause", anna)
        self.tap(anna, "pause.until_day")
        yield Stop("pause.until", anna)
        self.tap(anna, "button.back", "pause.three_days")
        yield Stop("home-paused", anna)

    def leaving(self, world: World, anna: Someone) -> Iterator[Stop]:
        anna.write("/stop")
        yield Stop("stop", anna)
        self.tap(anna, "stop.keep")
        yield Stop("left", anna)
        self.tap(anna, "stop.erase")
        yield Stop("erase", anna)
        self.tap(anna, "erase.yes")
        yield Stop("erased", anna)
        eva = self.joined(world, "Eva")
        eva.write("/start")
        eva.write("/hide")
        yield Stop("hidden", eva, "chat")

    def silence(self) -> Iterator[Stop]:
        world = self.make_world(SILENT)
        hope, iris, bella = (self.joined(world, name) for name in ("Hope", "Iris", "Bella"))
        for name, who in (("missed_some", hope), ("other_times", iris), ("hello", bella)):
            while not who.words(name):
                world.step(world.now + timedelta(hours=6))
                assert world.now < who.row.created_at + timedelta(days=SILENT.days), name
            yield Stop(f"silence.{name}", who, message_id=self.looked(who))
        bella.write("/help")
        self.tap(bella, "button.carry_on")
        yield Stop("home-resting", bella)
        world.wait(days=SILENT.days)
        bella.write("/start")
        yield Stop("home-completed", bella)

    # --- what only other studies offer

    def what_other_studies_offer(self) -> Iterator[Stop]:
        world = self.make_world(OTHER)
        fay = self.joined(world, "Fay")
        world.until(fay.checkins()[0].due_at)
        self.tap(fay, "button.later")
        yield Stop("snooze", fay)
        self.tap(fay, "button.start", *[RATING] * 7)
        fay.write("/checkin")
        yield Stop("which", fay)
        self.tap(fay, MET, *[RATING] * 7)
        yield Stop("thanks", fay)
        fay.write("/checkin")
        self.tap(fay, *[RATING] * 7)
        fay.write("/checkin")
        yield Stop("enough", fay)
        fay.write("/times")
        self.tap(fay, "button.wakes")
        yield Stop("wakes", fay)
        self.tap(fay, "button.weekend")
        yield Stop("wakes.weekend", fay)

    def being_cared_for(self) -> Iterator[Stop]:
        world = self.make_world(CARING)
        hana = self.joined(world, "Hana")
        world.until(hana.checkins()[0].due_at)
        self.tap(hana, "button.start", *["1"] * 7)
        yield Stop("care.words", hana)
        world.until(hana.checkins()[1].due_at)
        self.tap(hana, "button.start", "7")
        yield Stop("care.at_once-nobody", hana)
        world.until(hana.checkins()[2].due_at)
        self.tap(hana, "button.start", "7")
        yield Stop("care.at_once", hana)

    def other_questions(self) -> Iterator[Stop]:
        world = self.make_world(SLIDING)
        gina = self.joined(world, "Gina")
        world.until(gina.checkins()[0].due_at)
        self.tap(gina, "button.start")
        self.tap(gina, PLACES.options[0].label, PLACES.options[1].label)
        yield Stop("question-several", gina)
        yield Stop("page-whole", gina, "page", self.label("button.whole"))
        self.tap(gina, "button.done")
        yield Stop("question-typed", gina)
        gina.write("many")
        yield Stop("question-refused", gina)
        gina.write("7")
        yield Stop("question-line", gina)
        yield Stop("page-slider", gina, "page", self.label("button.slider"))
