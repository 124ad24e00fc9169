"""Every table. Instants are aware UTC (a naive one is refused). States are plain strings held by CHECKs.

Columns that end in `_sealed` hold ciphertext under the participant's own key; only `ema.store.sealed` reads or writes
them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel, UTCDateTime

from ema.store.instant import Instant

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

OPEN_STATES: Final = ("planned", "open")
FINAL_STATES: Final = (
    "completed",  # every item that she was asked was answered or knowingly skipped
    "partial",  # started, some answered, then left or closed
    "declined",  # she chose Skip on the note
    "missed",  # accepted by Telegram, no response
    "undelivered",  # not sent, or refused: reason outage, blocked, limit, not seen (on her page)
    "unknown",  # whether it arrived: the send was ambiguous, or the database was restored, and nothing was tapped
    "paused",  # fell into a pause that she declared
    "quiet",  # not sent because of long silence
    "cancelled",  # withdrawn, replanned, or superseded
)
PROMPT_STATES: Final = OPEN_STATES + FINAL_STATES
PROMPT_KINDS: Final = ("scheduled", "once", "practice", "unscheduled")
STANDINGS: Final = ("joining", "active", "quiet", "stopped", "erasing")
OUTBOX_KINDS: Final = (
    "note",
    "reminder",
    "screen",
    "words",
    "unbutton",
    "close",
    "delete",
    "fetch",
    "picture",
    "copy",
    "menu",
)
OUTBOX_STATES: Final = ("pending", "claimed", "sent", "superseded", "expired", "dead")
ANSWER_STATUSES: Final = ("answered", "skipped", "prefer_not", "not_now")
SECRET_KINDS: Final = ("pin", "draft", "code", "issued")
ENTRY_KINDS: Final = (
    "earned",  # a check-in that she started or skipped
    "given",  # a voucher, or something else by hand; below nought
    "corrected",  # by staff, up or down
)
ROLES: Final = ("researcher", "peer", "lead", "admin")
STUDY_STATES: Final = ("piloting", "open", "closed")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    # not as a list: of one with more than two SQLite builds an index for each row, half of what a prompt's row costs
    allowed = " OR ".join(f"{column} = '{value}'" for value in values)
    return CheckConstraint(allowed, name=f"{column}_known")


def _id() -> Any:
    # SQLite numbers rows by itself only for a key of type INTEGER
    return Field(default=None, sa_column=Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True))


class Setting(SQLModel, table=True):
    """Facts about this database: `min_code`, the demo's clock, the simulation's seed and truth."""

    __tablename__: ClassVar[str] = "setting"
    key: str = Field(primary_key=True)
    value: str


class Study(SQLModel, table=True):
    __tablename__: ClassVar[str] = "study"
    __table_args__ = (_one_of("state", STUDY_STATES),)
    id: str = Field(primary_key=True)
    title: str
    state: str = "piloting"
    current_version: int
    seed: str
    """Random text; with an enrolment it seeds every random time, so that any process plans the same."""
    created_at: datetime
    opened_at: datetime | None = None


class ProtocolVersion(SQLModel, table=True):
    """An immutable study document. Rows are only ever added."""

    __tablename__: ClassVar[str] = "protocol"
    study_id: str = Field(primary_key=True, foreign_key="study.id")
    version: int = Field(primary_key=True)
    format: int
    sha256: str
    document: str
    created_at: datetime


class Staff(SQLModel, table=True):
    __tablename__: ClassVar[str] = "staff"
    __table_args__ = (_one_of("role", ROLES),)
    id: int | None = _id()
    name: str = Field(unique=True)
    role: str
    created_at: datetime
    disabled_at: datetime | None = None


class DayOff(SQLModel, table=True):
    """A weekday by name, or a date as YYYY-MM-DD, on which somebody who works here is off."""

    __tablename__: ClassVar[str] = "day_off"
    staff_id: int = Field(primary_key=True, foreign_key="staff.id")
    day: str = Field(primary_key=True)


class SignIn(SQLModel, table=True):
    """A one-time sign-in link or a browser session; only the hash of its token is kept. System time, not demo time."""

    __tablename__: ClassVar[str] = "sign_in"
    __table_args__ = (_one_of("kind", ("link", "session")),)
    token_hash: str = Field(primary_key=True)
    kind: str
    staff_id: int = Field(foreign_key="staff.id", index=True)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Invitation(SQLModel, table=True):
    """A code that joins once. Only its hash is kept."""

    __tablename__: ClassVar[str] = "invitation"
    code_hash: str = Field(primary_key=True)
    study_id: str = Field(foreign_key="study.id", index=True)
    bot_id: int | None = Field(default=None, sa_type=BigInteger)
    """The bot that its link leads to; None where it has no link. It is as good at any other."""
    test: bool
    """Made while the study was piloting: who joins by it is counted nowhere."""
    created_at: datetime
    participant_id: str | None = Field(default=None, index=True)
    """Who holds it (joining or joined); freed again when she declines."""
    used_at: datetime | None = None


class Participant(SQLModel, table=True):
    """One person behind one chat, or one browser. Her address is sealed; `id` is the pseudonym that staff see."""

    __tablename__: ClassVar[str] = "participant"
    __table_args__ = (_one_of("standing", STANDINGS),)
    id: str = Field(primary_key=True)
    standing: str = Field(default="joining", index=True)
    channel: str = "telegram"
    bot_id: int = Field(sa_type=BigInteger, index=True)
    """Of a page it is `ema.domain.ways.PAGE`."""
    address_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    language: str
    timezone: str
    day_starts: str
    """HH:MM local: where her study day begins."""
    windows: dict[str, list[str]] = Field(sa_type=JSON)
    """Window name → [start, end] as HH:MM local."""
    hours_preset: str | None = None
    hour_rules: dict[str, Any] = Field(default={}, sa_type=JSON)
    """The rest of what she chose about her hours, as `ema.services.hours` writes it: weekdays, waking, quiet hours."""
    discreet_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """What she chose about what her phone shows, a word of hers among it."""
    reminders: bool = True
    hellos: bool = True
    """The weekly hello while quiet; she can switch it off."""
    contact_preference: str = "bot"
    """bot, call, place or never: the way by which a person may get in touch with her."""
    wishes_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Her pronouns, who should get in touch, and through which place: for her worker only."""
    worker_id: int | None = Field(default=None, foreign_key="staff.id", index=True)
    """The peer worker who is there for her."""
    not_worker_id: int | None = Field(default=None, foreign_key="staff.id")
    """The last one with whom she would rather not be."""
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    blocked_at: datetime | None = None
    quiet_at: datetime | None = None
    last_heard_at: datetime | None = None
    """The newest event from her phone."""
    simulated: bool = False
    created_at: datetime


class Enrolment(SQLModel, table=True):
    """A participant in a study. Planned prompts hang on it."""

    __tablename__: ClassVar[str] = "enrolment"
    __table_args__ = (
        UniqueConstraint("participant_id", "study_id"),
        Index(
            "ix_enrolment_to_plan",
            "plan_next_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_enrolment_to_watch",
            "silence_next_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: int | None = _id()
    participant_id: str = Field(foreign_key="participant.id", index=True)
    study_id: str = Field(foreign_key="study.id", index=True)
    protocol_version: int
    """The version that is planned by now. A prompt keeps the one it was planned under."""
    joined_version: int
    moved_at: datetime | None = None
    """When she was last moved on to a newer version."""
    test: bool
    arm: str | None = None
    """Where chance has put her, in a study with arms."""
    joined_at: datetime
    first_date: date
    """The local date of study day 1."""
    planned_through: int = 0
    """The last study day that is planned."""
    plan_next_at: datetime | None = None
    """When the next study day comes within the planning horizon; None when nothing is left to plan."""
    silence_next_at: datetime
    """When to look next whether she has been silent for long: never later than something is to be done about it."""
    ended_at: datetime | None = None
    end_reason: str | None = None


class Allocated(SQLModel, table=True):
    """How many people chance has put into arms so far, by stratum. Never counted down: who is erased was allocated."""

    __tablename__: ClassVar[str] = "allocated"
    study_id: str = Field(primary_key=True, foreign_key="study.id")
    stratum: str = Field(primary_key=True)
    number: int


class Prompt(SQLModel, table=True):
    """One planned slot: one row, one final state, one reason. Never deleted while her data are kept."""

    __tablename__: ClassVar[str] = "prompt"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "schedule", "slot_key"),
        _one_of("state", PROMPT_STATES),
        _one_of("kind", PROMPT_KINDS),
        CheckConstraint("expires_at > opens_at", name="window_has_length"),
        Index(
            "ix_prompt_expiring",
            "expires_at",
            sqlite_where=text("state IN ('planned', 'open')"),
            postgresql_where=text("state IN ('planned', 'open')"),
        ),
        Index(  # her hundreds of rows of the weeks before are not looked at when she taps
            "ix_prompt_unfinished",
            "enrolment_id",
            sqlite_where=text("state IN ('planned', 'open')"),
            postgresql_where=text("state IN ('planned', 'open')"),
        ),
        Index(
            "ix_prompt_sent",
            "sent_at",
            sqlite_where=text("sent_at IS NOT NULL"),
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index(
            "ix_prompt_closed",
            "closed_at",
            sqlite_where=text("closed_at IS NOT NULL"),
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
    )
    id: int | None = _id()
    enrolment_id: int = Field(foreign_key="enrolment.id", sa_type=BigInteger)
    participant_id: str
    """Her enrolment's, by which hers are found. No foreign key or index of its own: planning would pay for both."""
    schedule: str
    slot_key: str
    """`<study day>.<index>`, `once:<name>` or `event:<n>`; never an instant."""
    slot: str
    kind: str
    delivery: str = "note"
    counts: bool
    study_day: int
    position: int | None = None
    """(study day − 1) · slots a day + index + 1, for counted prompts."""
    timezone: str
    local_date: date
    opens_at: datetime
    due_at: datetime
    expires_at: datetime
    protocol_version: int
    state: str = "planned"
    reason: str | None = None
    created_at: datetime
    sent_at: datetime | None = None
    """Accepted by the channel."""
    first_action_at: datetime | None = None
    finished_at: datetime | None = None
    closed_at: datetime | None = None
    """When the row took its final state."""
    n_items: int = 0
    n_shown: int = 0
    n_answered: int = 0
    late_processed: bool = False
    n_snoozed: int = 0
    """How often she put it off."""
    course_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """From its start on: the order of its items and what they were put in order by; at its end, what became of each."""


class Conversation(SQLModel, table=True):
    """Where one dialogue stands. Every event locks this row first."""

    __tablename__: ClassVar[str] = "conversation"
    participant_id: str = Field(primary_key=True, foreign_key="participant.id")
    format: int
    revision: int
    state_sealed: bytes = Field(sa_type=LargeBinary)
    anchor: int | None = Field(default=None, sa_type=BigInteger)
    """The message on her phone that shows the current screen."""
    updated_at: datetime


class Secret(SQLModel, table=True):
    """What only she knows: her PIN, and codes that move her to another account. None can be read back."""

    __tablename__: ClassVar[str] = "secret"
    __table_args__ = (_one_of("kind", SECRET_KINDS),)
    id: int | None = _id()
    participant_id: str = Field(foreign_key="participant.id", index=True)
    kind: str
    """pin; draft: tapped once; code: made by her; issued: given out by a worker, who knows it."""
    hash_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Of a PIN: slow and salted, and sealed, since so few numbers could be tried one by one."""
    code_hash: str | None = Field(default=None, unique=True)
    made_at: datetime
    expires_at: datetime | None = None


class WrongCode(SQLModel, table=True):
    """Wrong codes from one account in a row. It names nobody: its key is a keyed hash, and it is kept for a day."""

    __tablename__: ClassVar[str] = "wrong_code"
    address_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    wrong: int
    wait_until: datetime | None = None
    at: datetime


class Answer(SQLModel, table=True):
    """One revision of one item's answer. Revisions are only ever added."""

    __tablename__: ClassVar[str] = "answer"
    __table_args__ = (UniqueConstraint("prompt_id", "item", "revision"), _one_of("status", ANSWER_STATUSES))
    id: int | None = _id()
    participant_id: str = Field(foreign_key="participant.id", index=True)
    prompt_id: int = Field(foreign_key="prompt.id", sa_type=BigInteger)
    questionnaire: str
    item: str
    revision: int
    status: str
    value_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    language: str
    place: int
    """1-based place in the order shown."""
    shown_at: datetime
    answered_at: datetime
    late_processed: bool = False
    after_end: bool = False
    """Given when the check-in had ended: kept beside what counts."""


class Score(SQLModel, table=True):
    """A scale score of one prompt. The number answered always goes with it."""

    __tablename__: ClassVar[str] = "score"
    __table_args__ = (UniqueConstraint("prompt_id", "name"),)
    id: int | None = _id()
    participant_id: str = Field(foreign_key="participant.id", index=True)
    prompt_id: int = Field(foreign_key="prompt.id", sa_type=BigInteger)
    name: str
    value_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Sealed number; absent where too few items were answered."""
    n_items: int
    n_of: int
    imputed: bool = False
    mode: str = ""
    """The way in which its items were answered, where there are several that must not be mixed."""
    computed_at: datetime


class Media(SQLModel, table=True):
    """A recording or picture that she sent as an answer: first only the channel's handle, then itself."""

    __tablename__: ClassVar[str] = "media"
    __table_args__ = (_one_of("kind", ("voice", "photo")), _one_of("state", ("expected", "kept", "lost")))
    id: str = Field(primary_key=True)
    """`<prompt>-<item>-<revision>`, as the answer names it."""
    participant_id: str = Field(foreign_key="participant.id", index=True)
    prompt_id: int = Field(foreign_key="prompt.id", sa_type=BigInteger, index=True)
    item: str
    kind: str
    state: str
    mime: str | None = None
    reference_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    body_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    at: datetime


class Outbox(SQLModel, table=True):
    """Work for the sender: references, never addresses or rendered text."""

    __tablename__: ClassVar[str] = "outbox"
    __table_args__ = (
        Index(
            "uq_outbox_dedupe_key",
            "dedupe_key",
            unique=True,
            sqlite_where=text("dedupe_key IS NOT NULL"),
            postgresql_where=text("dedupe_key IS NOT NULL"),
        ),
        _one_of("kind", OUTBOX_KINDS),
        _one_of("state", OUTBOX_STATES),
        CheckConstraint("(state = 'claimed') = (claim_token IS NOT NULL)", name="claimed_has_token"),
        CheckConstraint("priority BETWEEN 0 AND 4", name="priority_known"),
        Index(
            "uq_outbox_one_in_flight",
            "participant_id",
            unique=True,
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
        Index(
            "ix_outbox_ready",
            "bot_id",
            "priority",
            "not_before",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_outbox_open_by_person",
            "participant_id",
            "id",
            sqlite_where=text("state IN ('pending', 'claimed')"),
            postgresql_where=text("state IN ('pending', 'claimed')"),
        ),
        Index(
            "ix_outbox_done_by_person",
            "participant_id",
            sqlite_where=text("state NOT IN ('pending', 'claimed')"),
            postgresql_where=text("state NOT IN ('pending', 'claimed')"),
        ),
        Index(
            "ix_outbox_done",
            "done_at",
            sqlite_where=text("done_at IS NOT NULL"),
            postgresql_where=text("done_at IS NOT NULL"),
        ),
    )
    id: int | None = _id()
    participant_id: str
    """No foreign key: it would need an index over the whole queue, and planning would pay for it."""
    bot_id: int = Field(sa_type=BigInteger)
    """Hers, which alone can send it."""
    kind: str
    priority: int
    """0 safety, 1 reply to a tap, 2 prompt, 3 reminder, 4 the rest."""
    prompt_id: int | None = Field(default=None, sa_type=BigInteger)
    """No foreign key: for each prompt erased the whole queue would be looked through."""
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    """The message to edit or delete; None sends a new one."""
    words: str | None = None
    """For kind `words`: the catalogue key of a text that depends on nothing else. For `fetch`: the
    media's id. For `reminder`: which of the schedule's it is, from 0. For `copy`: which file of it.
    For `close`: `cover` where her PIN is to stand over the screen."""
    silent: bool = False
    dedupe_key: str | None = None
    """What it is once; None for what is put in together with its cause, such as the note of a prompt."""
    state: str = "pending"
    not_before: datetime
    expires_at: datetime | None = None
    attempts: int = 0
    doubts: int = 0
    """How many attempts may have arrived without Telegram's answer."""
    claim_token: str | None = None
    lease_until: datetime | None = None
    last_error: str | None = None
    created_at: datetime
    done_at: datetime | None = None


class BotLimit(SQLModel, table=True):
    """What a bot may still send, for all workers together. Times are seconds since 1970, by the database's clock."""

    __tablename__: ClassVar[str] = "bot_limit"
    bot_id: int = Field(primary_key=True, sa_type=BigInteger)
    tokens: float
    """Messages that could go at `refilled_at`."""
    refilled_at: float
    rest_until: float
    """Nothing goes before: Telegram told the whole bot to wait."""


class Message(SQLModel, table=True):
    """A message in her chat, ours or hers, so that all can be removed in time."""

    __tablename__: ClassVar[str] = "message"
    __table_args__ = (
        _one_of("direction", ("out", "in")),
        Index(
            "ix_message_erase",
            "erase_by",
            sqlite_where=text("gone_at IS NULL"),
            postgresql_where=text("gone_at IS NULL"),
        ),
    )
    participant_id: str = Field(primary_key=True, foreign_key="participant.id")
    message_id: int = Field(primary_key=True, sa_type=BigInteger)
    direction: str
    purpose: str
    """note, reminder, screen, words, picture, copy, typed or seen (learned from a tap)."""
    prompt_id: int | None = Field(default=None, sa_type=BigInteger)
    """No foreign key, as in the outbox."""
    at: datetime
    erase_by: datetime
    gone_at: datetime | None = None


class Inbox(SQLModel, table=True):
    """Updates taken, so that a redelivered one does nothing. Kept 48 hours: update ids restart after an idle week."""

    __tablename__: ClassVar[str] = "inbox"
    __table_args__ = (_one_of("state", ("done", "failing", "failed")), Index("ix_inbox_received", "received_at"))
    bot_id: int = Field(primary_key=True, sa_type=BigInteger)
    update_id: int = Field(primary_key=True, sa_type=BigInteger)
    state: str
    attempts: int = 1
    body_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """Only for `failed`: the update itself, sealed under her key, so that erasing her erases it."""
    participant_id: str | None = Field(default=None, foreign_key="participant.id", index=True)
    """Whose it was; a stranger's is sealed under the installation's key and kept for 30 days."""
    error: str | None = None
    received_at: datetime


class ConsentRecord(SQLModel, table=True):
    __tablename__: ClassVar[str] = "consent"
    id: int | None = _id()
    participant_id: str = Field(foreign_key="participant.id", index=True)
    purpose: str
    given: bool
    version: str
    sha256: str
    """Hash of the words that she was shown, in her language."""
    language: str
    at: datetime


class Contact(SQLModel, table=True):
    """Peer work: a request to be contacted, and what came of it."""

    __tablename__: ClassVar[str] = "contact"
    __table_args__ = (_one_of("state", ("open", "done")),)
    id: int | None = _id()
    participant_id: str = Field(foreign_key="participant.id", index=True)
    asked_at: datetime
    origin: str
    """asked (by her), offered (after a set), silence (by rule)."""
    state: str = "open"
    done_at: datetime | None = None
    outcome: str | None = None
    staff_id: int | None = Field(default=None, foreign_key="staff.id")


class Care(SQLModel, table=True):
    """A care rule was carried out. Which one is sealed: its name would tell what she said."""

    __tablename__: ClassVar[str] = "care"
    __table_args__ = (_one_of("state", ("said", "open", "seen")),)
    id: int | None = _id()
    participant_id: str = Field(foreign_key="participant.id", index=True)
    prompt_id: int = Field(foreign_key="prompt.id", sa_type=BigInteger)
    at: datetime
    rule_sealed: bytes = Field(sa_type=LargeBinary)
    state: str = "said"
    """said (to her alone), open (somebody on call is wanted), seen (by whoever was)."""
    minutes: int = 0
    """How long a call may wait to be seen before it is raised again."""
    due_at: datetime | None = None
    """When it is raised again."""
    raised: int = 0
    """How often it was raised again."""
    seen_at: datetime | None = None
    staff_id: int | None = Field(default=None, foreign_key="staff.id")


class WebLink(SQLModel, table=True):
    """The one personal link to her pages that is good now, and the one browser that opened it. Only hashes are kept."""

    __tablename__: ClassVar[str] = "web_link"
    participant_id: str = Field(primary_key=True, foreign_key="participant.id")
    token_hash: str = Field(unique=True)
    session_hash: str | None = Field(default=None, unique=True)
    """None until it is opened."""
    created_at: datetime
    opens_before: datetime
    expires_at: datetime


class Share(SQLModel, table=True):
    """A page that she let go to a service. What it shows is worked out when it is opened; ended, its row is gone."""

    __tablename__: ClassVar[str] = "share"
    id: int | None = _id()
    participant_id: str = Field(foreign_key="participant.id", index=True)
    token_hash: str = Field(unique=True)
    what: str
    """Parts of the page, with commas between them."""
    whom_sealed: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime
    opened: int = 0
    opened_at: datetime | None = None
    """When it was opened last."""


class Voucher(SQLModel, table=True):
    """One voucher of a study's list. Its code is sealed: by the installation until it is given, then under her key."""

    __tablename__: ClassVar[str] = "voucher"
    __table_args__ = (
        CheckConstraint("pence > 0", name="worth_something"),
        Index(
            "ix_voucher_free",
            "study_id",
            "pence",
            sqlite_where=text("given_on IS NULL"),
            postgresql_where=text("given_on IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    """A keyed fingerprint of study and code, so that none is listed twice."""
    study_id: str = Field(foreign_key="study.id")
    pence: int
    code_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    added_at: datetime
    given_on: date | None = None
    participant_id: str | None = Field(default=None, index=True)
    """Who has it; None until it is given, and once she was erased."""


class LedgerEntry(SQLModel, table=True):
    """What was earned, given or corrected. Rows are only ever added; erasing her takes her out of it (record 0022)."""

    __tablename__: ClassVar[str] = "ledger"
    __table_args__ = (
        _one_of("kind", ENTRY_KINDS),
        CheckConstraint("pence <> 0", name="is_something"),
        UniqueConstraint("about"),
    )
    id: int | None = _id()
    study_id: str = Field(foreign_key="study.id", index=True)
    participant_id: str | None = Field(default=None, index=True)
    kind: str
    pence: int
    """Added to what she is still to get."""
    about: str | None = None
    """What it is for, once: `prompt:<id>` or `voucher:<id>`."""
    how: str = ""
    """For `given`: how; for `corrected`: why."""
    on: date
    """Of the study day that earned it; otherwise the day it was written. No clock: the ledger is apart from answers."""
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    """Who gave or corrected it; None where she took it herself in the chat."""


class Alert(SQLModel, table=True):
    """Something staff must see: a dead letter, a failed update, a tick that stopped."""

    __tablename__: ClassVar[str] = "alert"
    id: int | None = _id()
    kind: str
    summary: str
    """Plain words without personal data."""
    participant_id: str | None = None
    created_at: datetime
    acknowledged_at: datetime | None = None
    staff_id: int | None = Field(default=None, foreign_key="staff.id")


class Decision(SQLModel, table=True):
    """One randomised decision point, written before delivery and never changed."""

    __tablename__: ClassVar[str] = "decision"
    __table_args__ = (UniqueConstraint("enrolment_id", "point"),)
    id: int | None = _id()
    enrolment_id: int = Field(foreign_key="enrolment.id", sa_type=BigInteger)
    point: str
    at: datetime
    available: bool
    reason: str | None = None
    options: dict[str, float] = Field(sa_type=JSON)
    """Option → probability."""
    assigned: str
    rule_version: str


class Audit(SQLModel, table=True):
    """Who saw or did what, chained by hash: changing or removing a row breaks the chain."""

    __tablename__: ClassVar[str] = "audit"
    id: int | None = _id()
    at: datetime
    actor: str
    action: str
    subject: str
    previous: str
    hash: str


class Tick(SQLModel, table=True):
    """The heartbeat of one interval job."""

    __tablename__: ClassVar[str] = "tick"
    name: str = Field(primary_key=True)
    every_seconds: float
    ok_at: datetime
    failed_at: datetime | None = None
    error: str | None = None


class SimulatedPerson(SQLModel, table=True):
    """The model behind a virtual participant's answers: the truth that the trends are compared with."""

    __tablename__: ClassVar[str] = "simulated_person"
    participant_id: str = Field(primary_key=True)
    parameters: dict[str, Any] = Field(sa_type=JSON)


for _table in SQLModel.metadata.tables.values():
    for _column in _table.columns:
        if isinstance(_column.type, UTCDateTime):  # what SQLModel makes of `datetime`
            _column.type = Instant()
