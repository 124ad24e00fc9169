"""A whole study: fourteen days, three time zones, a change of clocks, an outage, and eight people who do what people do.

Everything runs over HTTP against the local Bot API server, and everything that was sent is held against what was
planned.
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from ema.clock import VirtualClock
from ema.domain.protocol import Protocol
from ema.services import doctor, engagement, overview, staff
from ema.services.export import export
from ema.services.signin import Signed
from ema.store.tables import FINAL_STATES
from tests.services.world import World, leads_to, only, utc, variant

DAYS = 14
OPEN_FOR = 140
"""Minutes; so that a window of half an hour closes within an outage of three hours."""
LATE, EARLY, NIGHTS = "About 3 pm and 9.30 pm", "About 10 am and 8 pm", "Nights: about 5 pm and 3 am"
CHANGE = utc(2026, 3, 29, 1)
"""When London's clocks go forward, in the study's first week. New York and Kathmandu stay as they are."""


def fourteen_days() -> Protocol:
    study = only(variant(), "checkin", "baseline", "consent_again", "still_ok")
    ends = {"checkin": {"last_day": DAYS, "open_for_minutes": OPEN_FOR}, "still_ok": {"day": 13, "until_day": 14}}
    schedules = tuple(each.model_copy(update=ends.get(each.id, {})) for each in study.schedules)
    return study.model_copy(update={"days": DAYS, "schedules": schedules})


class Story:
    """The people, and what each does when a note of hers is on the screen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = Random(20260322)
        codes = iter(world.invite(8))
        world.wait(minutes=1)

        def joined(name, **about):
            return world.joined(name, code=next(codes), **about)

        self.anna = joined("Anna")
        self.bella = joined("Bella", hours=NIGHTS)
        self.cleo = joined("Cleo", hours=LATE, place="New York")
        self.dora = joined("Dora", hours=EARLY, place="Kathmandu")
        self.ella = joined("Ella", hours=EARLY)
        self.fay = joined("Fay", hours=NIGHTS, place="New York")
        self.gina = joined("Gina")
        self.hope = joined("Hope", hours=EARLY, place="Kathmandu")
        self.everybody = [self.anna, self.bella, self.cleo, self.dora, self.ella, self.fay, self.gina, self.hope]
        self.silent = {self.cleo.phone.id}
        self.promises: dict[int, list[tuple[datetime, datetime]]] = {each.phone.id: [] for each in self.everybody}
        """Spans in which nothing that she did not ask for may reach her: pauses, and the time after leaving."""
        self.erased_prompts = 0

    def live(self, until: datetime) -> None:
        """Go on until then; after every instant at which something happened, people may look at their phones."""
        while self.world.now < until:
            self.world.step(until)
            for someone in self.everybody:
                if someone.phone.unread() and not someone.phone.blocked and someone.phone.id not in self.silent:
                    self.look(someone)

    def look(self, someone) -> None:
        """Most answer all, some a few questions, some say later or skip; sometimes nothing."""
        someone.phone.read()
        if someone.last is None or "Start" not in someone.last.labels or "Skip" not in someone.last.labels:
            return
        match self.rng.choices(["all", "some", "later", "skip", "nothing"], [35, 20, 10, 10, 25])[0]:
            case "all":
                someone.tap("Start")
                while "Skip this one" in someone.last.labels:
                    options = [label for label in someone.last.labels if label in "1234567"]
                    someone.tap(self.rng.choice([*options, "Skip this one"]) if options else someone.last.labels[0])
            case "some":
                someone.tap("Start")
                if "3" in someone.last.labels:
                    someone.tap("3", "5")
            case "later":
                someone.tap("Later")
            case "skip":
                someone.tap("Skip")

    def quiet_from(self, someone, until: datetime | None = None) -> None:
        self.promises[someone.phone.id].append((self.world.now, until or utc(2100, 1, 1)))


@pytest.fixture
def clock():
    return VirtualClock(datetime(2026, 3, 24, 8, tzinfo=UTC))


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_url", ["postgres"], indirect=True
)  # on SQLite virtual people live through each design
def test_a_whole_study(database, vault, clock, tmp_path, serve):
    world = World(database, vault, clock, tmp_path, fourteen_days(), url=serve)
    try:
        story = Story(world)
        live_through(story)
        every_prompt_ended_once_with_a_reason(story)
        the_wall_clock_held(story)
        nothing_reached_anybody_out_of_hours(story)
        the_outage_is_told(story)
        nothing_is_left_of_who_erased_everything(story)
        the_pages_and_the_export_agree(story, tmp_path / "export")
        assert doctor.examine(world.database, world.vault, world.now) == []
    finally:
        world.close()


def live_through(story: Story) -> None:
    world = story.world
    story.live(utc(2026, 3, 25, 12))

    story.dora.write("/pause")
    story.dora.tap("3 days")
    story.quiet_from(story.dora, story.dora.row.paused_until)
    story.ella.phone.block()  # on the second day; she unblocks it on the seventh
    story.live(utc(2026, 3, 26, 11))

    story.gina.write("/times")
    story.gina.tap(NIGHTS)  # from the afternoon to the nights
    story.live(utc(2026, 3, 27, 13))

    story.hope.write("/timezone")
    story.hope.tap("London")  # she moved
    story.live(utc(2026, 3, 30, 12))  # over the change of clocks in London

    story.ella.phone.unblock()
    world.rest()
    story.live(utc(2026, 3, 31, 13, 50))  # Anna's notes are due after 14:00 UTC, those of the nights after 16:00

    story.outage = (world.now, world.now + timedelta(hours=3))
    for someone in (story.anna, story.bella, story.gina):
        if "5" in (someone.last.labels if someone.last else ()):
            someone.press("5")  # a tap that nobody takes for three hours
    world.down(hours=3)
    story.live(utc(2026, 4, 1, 12))

    story.fay.write("/stop")
    story.fay.tap("Stop, and keep what I gave")
    story.quiet_from(story.fay)
    story.live(utc(2026, 4, 2, 12))

    story.hope_id, story.hope_address = story.hope.id, story.hope.address
    story.erased_prompts = len(story.hope.prompts())
    story.hope.write("/stop")
    story.hope.tap("Stop, and erase everything", "Yes, erase everything")
    story.quiet_from(story.hope)
    story.live(utc(2026, 4, 12, 12))


def those_who_stayed(story: Story):
    return [someone for someone in story.everybody if someone is not story.hope]


def every_prompt_ended_once_with_a_reason(story: Story) -> None:
    for someone in those_who_stayed(story):
        prompts = someone.prompts()
        assert {prompt.state for prompt in prompts} <= set(FINAL_STATES)
        assert all(prompt.reason for prompt in prompts if prompt.state not in {"completed", "declined"})
        assert all(prompt.closed_at is not None for prompt in prompts)
        checkins = someone.checkins()
        expected = [f"{day}.{index}" for day in range(1, DAYS + 1) for index in (1, 2)]
        assert [prompt.slot_key for prompt in sorted(checkins, key=lambda p: p.position)] == expected[: len(checkins)]
        assert len(checkins) == 2 * DAYS or someone is story.fay
    every = Counter(prompt.state for someone in those_who_stayed(story) for prompt in someone.checkins())
    assert set(every) >= {"completed", "partial", "declined", "missed", "undelivered", "paused", "cancelled"}
    reasons = {(p.state, p.reason) for someone in those_who_stayed(story) for p in someone.checkins()}
    assert {
        ("undelivered", "blocked"),
        ("undelivered", "outage"),
        ("paused", "paused"),
        ("cancelled", "withdrawn"),
    } <= reasons
    assert not [p for p in story.ella.checkins() if p.state == "undelivered" and p.due_at > utc(2026, 3, 31, 18)]


def the_wall_clock_held(story: Story) -> None:
    """Every prompt lies in its window by the participant's own clock, before and after the change."""
    starts = {15: 0, 21: 30, 10: 0, 20: 0, 17: 0, 3: 0}
    seen = set()
    for someone in those_who_stayed(story):
        for prompt in someone.checkins():
            local = prompt.due_at.astimezone(ZoneInfo(prompt.timezone))
            assert starts[local.hour] <= local.minute < starts[local.hour] + 30
            seen.add((prompt.timezone, local.utcoffset()))
    hours = {zone: sorted(offset for name, offset in seen if name == zone) for zone, _ in seen}
    assert hours["Europe/London"] == [timedelta(0), timedelta(hours=1)]
    assert hours["America/New_York"] == [timedelta(hours=-4)]
    assert hours["Asia/Kathmandu"] == [timedelta(hours=5, minutes=45)]


def nothing_reached_anybody_out_of_hours(story: Story) -> None:
    """Each note and reminder went out within its prompt's window; none in a pause, after a stop or an erasure."""
    world, note = story.world, story.world.protocol.note.say("en")
    assert {call.params["text"] for call in world.sent() if leads_to(call, "start|")} == {note}
    by_person = {someone.phone.id: someone.prompts() for someone in those_who_stayed(story)}
    checked = 0
    for call in world.sent():
        chat = call.params["chat_id"]
        unasked = leads_to(call, "start|") or leads_to(call, "go|silence.")
        if not unasked:
            continue
        for start, end in story.promises[chat]:
            assert not start < call.at < end, f"sent at {call.at} although she said no"
        if chat not in by_person:
            continue
        if not leads_to(call, "start|"):  # kind words after a silence: in her hours too, when a window opens
            assert leads_to(call, "go|silence.")
            continue
        assert any(p.due_at <= call.at < p.expires_at for p in by_person[chat] if p.delivery == "note")
        checked += 1
    assert checked > 100
    for someone in those_who_stayed(story):  # one note and at most one reminder or snooze each, never two notes
        notes, sent = someone.notes(), [p for p in someone.prompts() if p.sent_at is not None]
        assert len(sent) <= len(notes) <= 3 * len(sent)
        assert all(p.due_at <= p.sent_at < p.expires_at for p in sent)
        assert {p.sent_at for p in sent} <= set(notes)
    down, up = story.outage
    assert not [call for call in world.sandbox.journal.calls() if down < call.at < up]


def the_outage_is_told(story: Story) -> None:
    """Windows that closed in it are undelivered; those that were still open got one note when it was over."""
    down, up = story.outage
    due = [p for s in those_who_stayed(story) for p in s.checkins() if down < p.due_at < up and s is not story.dora]
    assert due, "somebody's note was due in the outage"
    for prompt in due:
        if prompt.sent_at is not None:
            assert prompt.sent_at == up
        else:
            assert (prompt.state, prompt.reason) in {("undelivered", "outage"), ("undelivered", "blocked")}


def nothing_is_left_of_who_erased_everything(story: Story) -> None:
    world = story.world
    assert story.erased_prompts > 0
    assert story.hope.id is None
    assert story.hope_id not in world.vault.keystore.participant_ids()
    for table in ("participant", "prompt", "answer", "score", "outbox", "message", "conversation", "enrolment"):
        assert story.hope_id not in repr(world.rows(table))


def the_pages_and_the_export_agree(story: Story, folder) -> None:
    """What the researcher sees, what the peer worker sees, the rows and the files: the same numbers."""
    world, here = story.world, story.world.here
    stored = {someone.id: Counter(prompt.state for prompt in someone.checkins()) for someone in those_who_stayed(story)}
    me = Signed(staff.add(here, "Rita", "researcher"), "Rita", "researcher")
    funnel = overview.funnel(here, world.study)
    assert (funnel.joined, funnel.stopped, funnel.erased) == (7, 1, 1)
    members = {member.participant: member for member in overview.members(here, world.study, me)}
    assert set(members) == set(stored)
    for participant, states in stored.items():
        assert overview.member(here, world.study, participant, me).states == states
        assert members[participant].answered == states["completed"] + states["partial"]

    files = {file.name: file for file in export(here, world.study, "csv", folder)}
    with next(file for name, file in files.items() if name.endswith("_prompts.csv")).open(newline="") as file:
        exported = list(csv.DictReader(file))
    counted: dict[str, Counter] = {}
    for row in exported:
        if row["schedule"] == "checkin" and row["kind"] == "scheduled":
            counted.setdefault(row["participant"], Counter())[row["state"]] += 1
    assert counted == stored

    peers = {one.participant: one for one in engagement.everybody(here, me)}
    assert set(peers) == {someone.id for someone in those_who_stayed(story) if someone is not story.fay}
    week = world.now - timedelta(days=7)
    for someone in those_who_stayed(story):
        recent = Counter(p.state for p in someone.checkins() if week <= p.due_at < world.now)
        if someone.id in peers:
            assert peers[someone.id].answered == recent["completed"] + recent["partial"]
