"""The same as JSON, for programs. Each address belongs to a role, as the pages do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from ema import exports
from ema.services import engagement as engaged
from ema.services import export, findings, overview
from ema.services.engagement import Engagement
from ema.services.findings import ComplianceLines, ScoreLines
from ema.services.overview import Funnel, Member, OneMember, Study
from ema.services.signin import Signed
from ema.web.access import Anyone, Here, Peer, Researcher
from ema.web.researcher import Analysis, pieces


@dataclass(frozen=True)
class Refusal:
    """Why something was refused, in plain words."""

    error: str


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Refusal, "description": "Not signed in"},
    403: {"model": Refusal, "description": "Belongs to another role"},
    404: {"model": Refusal, "description": "There is nothing of this name"},
    422: {"model": Refusal, "description": "Does not fit what is expected"},
}

router = APIRouter(prefix="/api/v1", responses=REFUSALS)

StudyId = Annotated[str, Path(description="The study's id", max_length=32)]
Score = Annotated[str, Path(description="One of the scores that the study follows", max_length=24)]
ParticipantId = Annotated[str, Path(description="A participant's pseudonym", max_length=64)]


@router.get("/me")
def me(me: Anyone) -> Signed:
    """Who is signed in."""
    return me


@router.get("/studies")
def studies(here: Here, _me: Researcher) -> list[Study]:
    """Every study."""
    return overview.studies(here)


@router.get("/studies/{study_id}")
def study(here: Here, _me: Researcher, study_id: StudyId) -> Study:
    """One study."""
    return overview.study(here, study_id)


@router.get("/studies/{study_id}/enrolment")
def enrolment(here: Here, _me: Researcher, study_id: StudyId) -> Funnel:
    """How many were invited, joined, and where they stand now."""
    return overview.funnel(here, study_id)


@router.get("/studies/{study_id}/compliance")
def compliance(_me: Researcher, trends: Analysis, study_id: StudyId) -> ComplianceLines:
    """How many prompts were answered, by every denominator and by study day."""
    return findings.compliance(trends, study_id)


@router.get("/studies/{study_id}/scores/{score}")
def score(me: Researcher, trends: Analysis, study_id: StudyId, score: Score) -> ScoreLines:
    """The group trend and each person's trend in one score. Not clinically monitored."""
    return findings.score(trends, study_id, score, me)


@router.get("/studies/{study_id}/participants")
def participants(here: Here, me: Researcher, study_id: StudyId) -> list[Member]:
    """Who takes part, by pseudonym."""
    return overview.members(here, study_id, me)


@router.get("/studies/{study_id}/participants/{participant}")
def participant(here: Here, me: Researcher, study_id: StudyId, participant: ParticipantId) -> OneMember:
    """One participant's prompts by day."""
    return overview.member(here, study_id, participant, me)


@router.get(
    "/studies/{study_id}/export/{format}",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def download(
    here: Here,
    me: Researcher,
    study_id: StudyId,
    format: Annotated[str, Path(description=f"One of {', '.join(exports.FORMATS)}")],  # noqa: A002 - its name in the address
) -> StreamingResponse:
    """Every table with its codebook, as a zip."""
    archive = export.zipped(here, study_id, format, actor=me.actor)
    return StreamingResponse(pieces(archive), media_type="application/zip")


@router.get("/engagement")
def engagement(here: Here, me: Peer) -> list[Engagement]:
    """Who to check on and why. Never an answer or a score."""
    return engaged.everybody(here, me)
