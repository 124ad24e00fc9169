"""What the analysis says of a study, computed once for each state of its data and kept in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ema.domain.errors import EmaError
from ema.services import frames
from ema.services.installation import Installation
from ema.store import studies, tables, views

if TYPE_CHECKING:
    from analysis.compliance import Compliance
    from analysis.figures import Picture
    from analysis.study import GroupTrend, PersonTrends

T = TypeVar("T")
SCORE_COLUMNS: Final = ("participant", "study_day", "slot", "position", "time", "score", "value", "n_items")


class NoSuchScore(EmaError):
    status = 404


@dataclass(frozen=True)
class Answered:
    """Compliance and its picture."""

    found: Compliance
    picture: Picture


class Trends:
    """The analysis by study. Whoever asks first computes, in her own thread; the others wait for the same result."""

    def __init__(self, here: Installation) -> None:
        self.here: Final = here
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self._kept: dict[tuple[str, ...], tuple[object, Any]] = {}

    def compliance(self, study_id: str) -> Answered:
        def compute() -> Answered:
            from analysis import figures
            from analysis.compliance import compliance
            from ema.exports.frames import of_rows

            with self.here.database.reading() as session:
                rows = frames.prompt_rows(session, study_id)
            instants = ("due_at", "sent_at", "first_action_at", "finished_at")
            found = compliance(of_rows(rows, frames.PROMPT_COLUMNS, instants))
            return Answered(found, figures.compliance(found))

        return self._once(study_id, ("compliance",), compute)

    def persons(self, study_id: str, score: str) -> PersonTrends | None:
        """None while there is no score of this name."""

        def compute() -> PersonTrends | None:
            from analysis.study import person_trends
            from ema.exports.frames import of_rows

            study, minimum = self._about(study_id, score)
            frame = of_rows(self.one_way(study_id, score).rows, SCORE_COLUMNS)
            return person_trends(frame, open_study=study.state != "closed", minimum=minimum).get(score)

        return self._once(study_id, ("persons", score), compute)

    def group(self, study_id: str, score: str) -> GroupTrend | None:
        """None while there is no score of this name."""

        def compute() -> GroupTrend | None:
            from analysis.study import group_trend
            from ema.exports.frames import of_rows

            self._about(study_id, score)
            return group_trend(of_rows(self.one_way(study_id, score).rows, SCORE_COLUMNS)).get(score)

        return self._once(study_id, ("group", score), compute)

    def person_picture(self, study_id: str, score: str, participant: str) -> Picture | None:
        """One person's answers over time, with the line where there is one. None while she has no score."""

        def compute() -> Picture | None:
            from analysis import figures
            from analysis.study import TIME_LABEL
            from ema.exports.frames import of_rows

            found = self.persons(study_id, score)
            row = next((row for row in found.rows if str(row.participant) == participant), None) if found else None
            if row is None:
                return None
            scores = of_rows(self.one_way(study_id, score).rows, SCORE_COLUMNS)
            hers = scores[scores["participant"] == participant].sort_values("time")
            slope = row.theil_sen.slope if row.theil_sen else None
            series = figures.PersonSeries(
                participant, hers["time"].to_numpy(float), hers["value"].to_numpy(float), slope
            )
            return figures.persons([series], score=score, time_label=TIME_LABEL, columns=1)

        return self._once(study_id, ("person", score, participant), compute)

    def _about(self, study_id: str, score: str) -> tuple[tables.Study, int]:
        with self.here.database.reading() as session:
            study = studies.get(session, study_id)
            trend = studies.protocol(session, study_id).trend
        if score not in trend.scores:
            raise NoSuchScore(f"This study follows {', '.join(trend.scores)}.")
        return study, trend.minimum_answered

    def one_way(self, study_id: str, score: str) -> frames.ScoreRows:
        """The scores that a trend stands on, and how many it leaves out because they were answered in another way."""

        def compute() -> frames.ScoreRows:
            with self.here.database.reading() as session:
                return frames.score_rows(session, self.here.vault, study_id, score)

        return self._once(study_id, ("scores", score), compute)

    def _once(self, study_id: str, what: tuple[str, ...], compute: Callable[[], T]) -> T:
        with self.here.database.reading() as session:
            studies.get(session, study_id)
            now = views.fingerprint(session, study_id)
        key = (study_id, *what)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != now:
                self._forget(study_id, now)
                kept = self._kept[key] = (now, compute())
        found: T = kept[1]
        return found

    def _forget(self, study_id: str, now: object) -> None:
        """Drop what was computed from earlier data: somebody in it may have been erased since."""
        with self._lock:
            old = [key for key, (state, _) in self._kept.items() if key[0] == study_id and state != now]
            for key in old:
                del self._kept[key]
