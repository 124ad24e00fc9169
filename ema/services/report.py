"""The report of a study as one HTML file: what the analysis says, with the small-cell rule in the edition to send."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ema.domain.protocol import Protocol
from ema.exports.frames import frame
from ema.exports.instruments import Instruments, instruments
from ema.exports.tables import tables
from ema.services import frames, overview
from ema.services.installation import Installation
from ema.store import audit, studies, views

if TYPE_CHECKING:
    from analysis.report.recipes import Found, Score, Study

_ONE_AT_A_TIME: Final = threading.Lock()
"""Each takes some seconds of a processor that sends notes as well."""
TABLES: Final = ("prompts", "checkins", "scores")


@dataclass(frozen=True)
class Made:
    """A report, and the name of its file: the study's id, never what it is about."""

    name: str
    html: str


def report(here: Installation, study_id: str, *, internal: bool = False, actor: str = "installation") -> Made:
    """Compute and write it. `internal` shows single persons and small numbers. Making it is noted in the audit."""
    from analysis.report import cells, code, document, recipes, sections

    now = here.clock.now()
    with here.database.reading() as session:
        row = studies.get(session, study_id)
        protocols = frames.protocols(session, study_id)
        columns = instruments(protocols)
        source = frames.StoredStudy(session, here.vault, study_id, columns.protocols)
        made = {table.name: frame(table) for table in tables(source, columns) if table.name in TABLES}
        truths = views.truths(session, study_id)
        version = hashlib.sha256(repr(views.fingerprint(session, study_id)).encode()).hexdigest()[:16]
        simulated = any(one.simulated for one in views.people(session, study_id))
    funnel, newest = overview.funnel(here, study_id), protocols[-1]
    about = _about(newest, columns, closed=row.state == "closed", fewest=1 if internal else cells.FEWEST)
    data = recipes.typed(*(made[name] for name in TABLES))
    with _ONE_AT_A_TIME:
        found = recipes.everything(about, data)
    it = sections.Report(
        about=about,
        tables=data,
        found=found,
        flow=sections.Flow(
            invited=funnel.invited,
            joined=funnel.joined,
            taking_part=funnel.active + funnel.paused + funnel.quiet + funnel.undeliverable,
            finished=funnel.finished,
            stopped=funnel.stopped,
            erased=funnel.erased,
        ),
        cells=cells.Cells(about.fewest),
        days=newest.days,
        instruments=tuple(
            (form.title, form.provenance.citation, form.provenance.licence, form.provenance.validation)
            for form in newest.questionnaires.values()
            if form.scores
        ),
        truths={one.score.name: truth(truths, one, newest) for one in found.scores} if truths else {},
        code=code.code(about),
    )
    cover = document.Cover(
        title=row.title,
        study=study_id,
        state=row.state,
        version=newest.version,
        sha256=newest.sha256(),
        data_version=version,
        made=f"{now.day} {now:%B %Y}",
        simulated=simulated,
    )
    html = document.page(cover, it)
    edition = "the internal report" if internal else "the report"
    with here.database.transaction() as session:
        audit.append(session, now, actor, f"made {edition}", f"study:{study_id}")
    return Made(f"{study_id}_report{'_internal' if internal else ''}", html)


def _about(protocol: Protocol, columns: Instruments, *, closed: bool, fewest: int) -> Study:
    from analysis.report.recipes import Study

    names = sorted(protocol.trend.scores, key=lambda name: name != protocol.trend.primary)
    return Study(
        id=protocol.id,
        slots=frames.slots_a_day(protocol),
        closed=closed,
        minimum=protocol.trend.minimum_answered,
        fewest=fewest,
        scores=tuple(_score(protocol, columns, name) for name in names),
    )


def _score(protocol: Protocol, columns: Instruments, name: str) -> Score:
    """A score, and the columns of the table of check-ins that it is made from."""
    from analysis.report.recipes import Score

    form, rule = next(
        (form, score) for form in protocol.questionnaires.values() for score in form.scores if score.name == name
    )
    found = {item: columns.find(form.id, item) for item in rule.items}
    own = {item: one.column.name if one else item for item, one in found.items()}
    ends = {item: one.item.bounds() for item, one in found.items() if one and item in rule.reverse}
    turned = {own[item]: sum(span) for item, span in ends.items() if span}
    return Score(name, rule.label, *rule.range, tuple(own.values()), turned)


def truth(truths: Mapping[str, Mapping[str, Any]], one: Found, protocol: Protocol) -> dict[str, float]:
    """Effect → what the simulation gave, on average, to those who have answered."""
    name, answered = one.score.name, set(one.rows["participant"])
    models = [model for who, model in truths.items() if who in answered and name in model.get("slopes", {})]
    if not models:
        return {}
    half = (protocol.days - 1) / 2
    given = {
        "intercept": [model["levels"][name] - half * model["slopes"][name] for model in models],
        "time": [model["slopes"][name] for model in models],
    }
    slots = [slot for schedule in protocol.schedules if schedule.counts for slot in schedule.slot_names()]
    if len(slots) == 2:
        given[f"slot[{slots[-1]}]"] = [model["evenings"][name] for model in models]
    return {effect: sum(values) / len(values) for effect, values in given.items()}
