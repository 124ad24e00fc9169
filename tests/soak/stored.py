"""What is in the database: for the driver, what is still to come; at the end, whether the promises were kept."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, or_, select

from ema.store import sealed
from ema.store.rows import table_of
from ema.store.tables import OPEN_STATES, Enrolment, Outbox, Participant, Prompt

ENROLMENT, OUTBOX, PARTICIPANT, PROMPT = (table_of(model).c for model in (Enrolment, Outbox, Participant, Prompt))
RUNNING = PROMPT.state.in_(OPEN_STATES)
FINAL_WITHOUT_REASON = frozenset({"completed"})


class Stored:
    def __init__(self, database, vault):
        self.database, self.vault = database, vault

    def all(self, *columns, where=()):
        with self.database.reading() as session:
            return session.execute(select(*columns).where(*where)).all()

    # --- on the way

    def held(self):
        """What senders hold now: token and the end of the lease."""
        return [
            tuple(row) for row in self.all(OUTBOX.claim_token, OUTBOX.lease_until, where=[OUTBOX.state == "claimed"])
        ]

    def unsettled(self, now, grace):
        """Whether something is past whose end is not recorded, or days wait to be planned."""
        over = or_(PROMPT.expires_at <= now - grace, (PROMPT.expires_at <= now) & (PROMPT.n_items == 0))
        late = self.all(PROMPT.id, where=[RUNNING, over])
        unplanned = self.all(ENROLMENT.id, where=[ENROLMENT.ended_at.is_(None), ENROLMENT.plan_next_at <= now])
        return bool(late or unplanned)

    def finishers(self, since):
        """Who finished a check-in that was due since then."""
        done = self.all(PROMPT.participant_id, where=[PROMPT.state == "completed", PROMPT.due_at > since])
        return {row.participant_id for row in done}

    def running(self, before):
        return self.all(PROMPT.id, where=[RUNNING, PROMPT.due_at <= before])

    def waiting(self, now):
        """What is due now, for a message when nothing moves."""
        due = [OUTBOX.not_before <= now, OUTBOX.state.in_(("pending", "claimed"))]
        return [tuple(row) for row in self.all(OUTBOX.id, OUTBOX.kind, OUTBOX.state, OUTBOX.last_error, where=due)]

    # --- at the end

    def prompts_by_state(self):
        with self.database.reading() as session:
            counted = select(PROMPT.state, PROMPT.reason, func.count()).group_by(PROMPT.state, PROMPT.reason)
            return Counter({(state, reason): number for state, reason, number in session.execute(counted)})

    def answers(self):
        """(prompt, item) → every value that is stored of it, one for each row."""
        found: dict[tuple[int, str], list[str]] = {}
        people = [row.id for row in self.all(PARTICIPANT.id)]
        with self.database.reading() as session:
            for key in self.vault.persons(people).values():
                ids = session.execute(select(PROMPT.id).where(PROMPT.participant_id == key.participant_id)).scalars()
                for answer in sealed.all_revisions(session, key, list(ids)):
                    found.setdefault((answer.prompt_id, answer.item), []).append(str(answer.value))
        return found

    def unfinished(self, now, grace):
        """Prompts that are over and have no final state, or one without its reason."""
        return self.all(
            PROMPT.id,
            PROMPT.state,
            where=[
                PROMPT.expires_at <= now - grace,
                or_(RUNNING, PROMPT.reason.is_(None) & PROMPT.state.not_in(FINAL_WITHOUT_REASON)),
            ],
        )

    def badly_planned(self, a_day):
        """Study days up to the last one planned that have not exactly `a_day` prompts, each at its own time; and prompts
        with a second note, or still to come without one.
        """
        wrong = []
        through = {row.id: row.planned_through for row in self.all(ENROLMENT.id, ENROLMENT.planned_through)}
        days: dict[tuple[int, int], list] = {}
        for row in self.all(PROMPT.enrolment_id, PROMPT.study_day, PROMPT.due_at):
            days.setdefault((row.enrolment_id, row.study_day), []).append(row.due_at)
        for enrolment, last in through.items():
            first = min((day for whose, day in days if whose == enrolment), default=last + 1)
            for day in range(first, last + 1):
                due = days.pop((enrolment, day), [])
                if len(due) != a_day or len(set(due)) != a_day:
                    wrong.append(f"enrolment {enrolment}, study day {day}: {len(due)} prompts")
        wrong += [f"enrolment {enrolment}, study day {day}: planned too early" for enrolment, day in days]
        # one that moved, because she chose other hours, has a new note, and the former is superseded
        notes = Counter(
            row.prompt_id
            for row in self.all(OUTBOX.prompt_id, where=[OUTBOX.kind == "note", OUTBOX.state != "superseded"])
        )
        wrong += [f"prompt {prompt}: {number} notes" for prompt, number in notes.items() if number > 1]
        to_come = self.all(PROMPT.id, where=[PROMPT.state == "planned"])
        return wrong + [f"prompt {row.id}: no note" for row in to_come if not notes[row.id]]
