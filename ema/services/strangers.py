"""Somebody without a key writes: with an invitation she may join; without one she gets help, and nothing is kept."""

from __future__ import annotations

import secrets
from dataclasses import replace
from hashlib import sha256

from ema.channels import Direct, Handled, Incoming
from ema.domain import conversation
from ema.domain.conversation import Situation, State
from ema.domain.conversation.directory import FIRST, directory_screen
from ema.domain.conversation.events import Blocked, Command, Event, Tap, Typed, Unblocked
from ema.domain.conversation.place import go
from ema.domain.conversation.steering import help_screen
from ema.domain.screen import Screen, Words
from ema.domain.ways import channel_of
from ema.services import menu
from ema.services.forget import forget
from ema.services.hours import stored_hours
from ema.services.installation import Installation
from ema.store import inbox, outbox, participants, sealed, studies
from ema.texts import languages, render
from ema.texts.plain_words import plain_words

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""Letters and digits that can't be taken for each other, and spell no words."""
SHORTEST_CODE = 6
"""Whoever types less, or several words, did not mean a code."""


def code_hash(code: str) -> str:
    """What is kept of an invitation's code. Case and spaces around don't matter."""
    return sha256(code.strip().upper().encode()).hexdigest()


def random_code(length: int) -> str:
    """A code or pseudonym that can be read out."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def receive(installation: Installation, incoming: Incoming) -> Handled:
    """One event of somebody who is not known."""
    event = incoming.event
    if isinstance(event, Blocked | Unblocked):
        return Handled()
    code = ""
    if isinstance(event, Command) and event.name == "start":
        code = event.argument
    elif isinstance(event, Typed):
        code = event.text.strip()
    if code and isinstance(event, Command | Typed) and _join(installation, incoming, event, code):
        return Handled()
    tap_id = event.tap_id if isinstance(event, Tap) else None
    looks_like_one = len(code) >= SHORTEST_CODE and " " not in code
    return Handled(tap_id=tap_id, direct=_words(installation, _understood(incoming), tried=looks_like_one))


def _understood(incoming: Incoming) -> Incoming:
    """With the command that she wrote in plain words, where she did."""
    event = incoming.event
    if not isinstance(event, Typed):
        return incoming
    meant = plain_words(incoming.language or "en").meant(event.text)
    return incoming if meant is None else replace(incoming, event=Command(meant, "", event.message_id))


def _join(installation: Installation, incoming: Incoming, event: Command | Typed, code: str) -> bool:
    """Begin joining by this code. False: it is unknown, or was used."""
    now, hashed = installation.clock.now(), code_hash(code)
    with installation.database.reading() as session:
        if not studies.is_free(session, hashed):
            return False
    pseudonym = random_code(6)
    key = installation.vault.enrol(pseudonym, channel_of(incoming.bot_id), incoming.bot_id, incoming.address, now)
    with installation.database.transaction() as session:
        again = not inbox.take(session, incoming.bot_id, incoming.update_id, now, again=incoming.again)
        invitation = None if again else studies.claim_invitation(session, hashed, key.participant_id)
        if invitation is not None and sealed.load_state(session, key) is None:  # not by a second tap on Start
            protocol = studies.protocol(session, invitation.study_id)
            language = incoming.language if incoming.language in protocol.languages else protocol.languages[0]
            hours = protocol.preferences(protocol.hours.default, protocol.timezone)
            participants.add(
                session,
                id=key.participant_id,
                standing="joining",
                channel=channel_of(incoming.bot_id),
                bot_id=incoming.bot_id,
                language=language,
                hours_preset=protocol.hours.default,
                reminders=True,
                hellos=True,
                contact_preference="bot",
                simulated=False,
                last_heard_at=now,
                created_at=now,
                **stored_hours(hours),
            )
            sealed.set_address(session, key, incoming.address)
            situation = Situation(now, protocol, "joining", language, hours, protocol.hours.default)
            state: State = conversation.begin(situation)
            sealed.save_state(
                session, key, state.model_dump_json(), format=state.format, revision=0, anchor=None, now=now
            )
            outbox.enqueue(
                session,
                participant_id=key.participant_id,
                kind="screen",
                priority=outbox.REPLY,
                dedupe_key=f"screen:{key.participant_id}:0",
                not_before=now,
                now=now,
                silent=True,
            )
            if language != incoming.language:
                menu.put_up(session, key.participant_id, incoming.bot_id, now)
            forget(session, key.participant_id, event.message_id, now)  # it holds the code
    if invitation is None and key.participant_id == pseudonym:  # it came again, or somebody else was faster
        installation.vault.destroy(pseudonym)
    return again or invitation is not None


def _words(installation: Installation, incoming: Incoming, *, tried: bool) -> Direct:
    """Help without a study, or how to get in. Nothing about her is stored."""
    event, language = incoming.event, incoming.language or "en"
    first = _places_from(event)
    if first is not None:
        shown = render(_places(installation, first), language if language in languages() else "en")
        if isinstance(event, Tap):
            return Direct(incoming.address, shown, event.message_id)
        return Direct(incoming.address, shown, remove=(event.message_id,) if isinstance(event, Command) else ())
    wants_help = (isinstance(event, Command) and event.name == "help") or (
        isinstance(event, Tap) and event.action is not None and event.action.value == "help"
    )
    if wants_help:
        now = installation.clock.now()
        with installation.database.reading() as session:
            lines = [
                line for study in studies.everything(session) for line in studies.protocol(session, study.id).help_lines
            ]
        once = tuple(line for at, line in enumerate(lines) if line not in lines[:at])  # lines can't be hashed
        screen = help_screen(once, now, ())
    else:
        screen = Screen((Words("join.used" if tried else "join.welcome"),), ((go("button.help", "help"),),))
    shown = render(screen, language if language in languages() else "en")
    if isinstance(event, Tap):
        return Direct(incoming.address, shown, event.message_id)
    return Direct(incoming.address, shown, remove=(event.message_id,) if isinstance(event, Command | Typed) else ())


def _places_from(event: Event) -> str | None:
    """From which one on she wants to see the places; None where she asked for something else."""
    if isinstance(event, Command) and event.name == "places":
        return FIRST
    asked = event.action.value if isinstance(event, Tap) and event.action is not None else ""
    place, _, first = asked.partition("=")
    return first if place == "places" and first else None


def _places(installation: Installation, first: str) -> Screen:
    """Those services of all studies whose names tell nothing."""
    with installation.database.reading() as session:
        protocols = [studies.protocol(session, study.id) for study in studies.everything(session)]
    services = ((service, protocol.timezone) for protocol in protocols for service in protocol.directory)
    known = {service.name: (service, timezone) for service, timezone in services if service.public}
    return directory_screen(list(known.values()), installation.clock.now(), (go("button.help", "help"),), first)
