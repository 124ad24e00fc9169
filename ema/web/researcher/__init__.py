"""The researcher's pages: enrolment, compliance, trends, participants by pseudonym, and the data to take away."""

from __future__ import annotations

from collections.abc import Iterator
from random import SystemRandom
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from ema import exports
from ema.services import export, findings, overview, printing, report
from ema.services.trends import Trends
from ema.web.access import Here, Researcher
from ema.web.pages import page, svg, wants_part
from ema.web.researcher import planned

Edition = Literal["send", "internal"]
File = Literal["html", "pdf"]
DataEdition = Literal["study", "share"]

router = APIRouter(include_in_schema=False)
router.include_router(planned.router)


def the_trends(request: Request) -> Trends:
    found: Trends = request.app.state.trends
    return found


Analysis = Annotated[Trends, Depends(the_trends)]


@router.get("/studies")
def studies(request: Request, here: Here, _me: Researcher) -> HTMLResponse:
    return page(request, "researcher/studies.html", studies=overview.studies(here))


@router.get("/studies/{study_id}")
def study(request: Request, here: Here, _me: Researcher, study_id: str) -> HTMLResponse:
    return page(
        request,
        "researcher/study.html",
        study=overview.study(here, study_id),
        funnel=overview.funnel(here, study_id),
        formats=tuple(exports.FORMATS),
        printing=printing.chromium() is not None,
    )


@router.get("/studies/{study_id}/compliance")
def compliance(request: Request, _me: Researcher, trends: Analysis, study_id: str) -> HTMLResponse:
    found = findings.compliance(trends, study_id)
    return _part(request, "researcher/compliance.html", study=overview.study(trends.here, study_id), found=found)


@router.get("/studies/{study_id}/compliance.svg")
def compliance_picture(_me: Researcher, trends: Analysis, study_id: str) -> Response:
    return svg(trends.compliance(study_id).picture.svg)


@router.get("/studies/{study_id}/scores/{score}")
def score(request: Request, me: Researcher, trends: Analysis, study_id: str, score: str) -> HTMLResponse:
    found = findings.score(trends, study_id, score, me)
    return _part(request, "researcher/score.html", study=overview.study(trends.here, study_id), found=found)


@router.get("/studies/{study_id}/scores/{score}/group.svg")
def group_picture(_me: Researcher, trends: Analysis, study_id: str, score: str) -> Response:
    found = trends.group(study_id, score)
    return svg(found.picture.svg if found and found.picture else None)


@router.get("/studies/{study_id}/scores/{score}/persons.svg")
def persons_picture(me: Researcher, trends: Analysis, study_id: str, score: str) -> Response:
    overview.saw(trends.here, me, f"pictures of {score}", f"study:{study_id}")
    found = trends.persons(study_id, score)
    return svg(found.picture.svg if found else None)


@router.get("/studies/{study_id}/participants")
def participants(request: Request, here: Here, me: Researcher, study_id: str) -> HTMLResponse:
    people = overview.members(here, study_id, me)
    return page(request, "researcher/participants.html", study=overview.study(here, study_id), people=people)


@router.get("/studies/{study_id}/participants/{participant}")
def participant(request: Request, here: Here, me: Researcher, study_id: str, participant: str) -> HTMLResponse:
    found = overview.member(here, study_id, participant, me)
    return page(request, "researcher/participant.html", study=overview.study(here, study_id), one=found)


@router.get("/studies/{study_id}/participants/{participant}/trends")
def participant_trends(
    request: Request, me: Researcher, trends: Analysis, study_id: str, participant: str
) -> HTMLResponse:
    lines = findings.person(trends, study_id, participant, me)
    study = overview.study(trends.here, study_id)
    return _part(request, "researcher/participant_trends.html", study=study, participant=participant, lines=lines)


@router.get("/studies/{study_id}/participants/{participant}/{score}.svg")
def participant_picture(me: Researcher, trends: Analysis, study_id: str, participant: str, score: str) -> Response:
    overview.saw(trends.here, me, f"a picture of {score}", f"participant:{participant}")
    found = trends.person_picture(study_id, score, participant)
    return svg(found.svg if found else None)


@router.get("/studies/{study_id}/export.zip")
def download(
    here: Here,
    me: Researcher,
    study_id: str,
    format: str = "csv",  # noqa: A002 - its name in the address
    edition: DataEdition = "study",
) -> StreamingResponse:
    drawn = SystemRandom() if edition == "share" else None
    archive = export.zipped(here, study_id, format, actor=me.actor, to_share=drawn)
    name = f"{study_id}_{format}{'_to_share' if drawn else ''}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces(archive), media_type="application/zip", headers=headers)


@router.get("/studies/{study_id}/report")
def the_report(here: Here, me: Researcher, study_id: str, edition: Edition = "send", file: File = "html") -> Response:
    """To look at as a page, or to take away as PDF. The page has a policy of its own: its one style sheet."""
    from analysis.report.document import POLICY

    made = report.report(here, study_id, internal=edition == "internal", actor=me.actor)
    if file == "pdf":
        headers = {"Content-Disposition": f'attachment; filename="{made.name}.pdf"'}
        return Response(printing.pdf(made.html), media_type="application/pdf", headers=headers)
    headers = {
        "Content-Disposition": f'inline; filename="{made.name}.html"',
        "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    }
    return HTMLResponse(made.html, headers=headers)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(65536):
            yield piece


def _part(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A part for htmx; without it, the same part as a page of its own."""
    return page(request, template, layout="part.html" if wants_part(request) else "researcher/alone.html", **values)
