"""For whoever runs the server: alive, ready, figures. Counts only, so that none of it needs a sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ema.services import health
from ema.web.access import Here

router = APIRouter(include_in_schema=False)

LATENESS_BUCKETS: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


@router.get("/healthz")
def alive() -> PlainTextResponse:
    return PlainTextResponse("alive\n")


@router.get("/readyz")
def ready(here: Here) -> JSONResponse:
    checks = health.checks(here)
    broken = [check.words for check in checks if not check.holds]
    body = {"ready": not broken, "checks": {check.name: check.holds for check in checks}, "broken": broken}
    return JSONResponse(body, status_code=503 if broken else 200)


@router.get("/metrics")
def metrics(here: Here) -> Response:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(health.figures(here)))
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")


class _Figures(Collector):
    def __init__(self, figures: health.Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        prompts = GaugeMetricFamily("ema_prompts", "Planned prompts by kind and state", labels=("kind", "state"))
        for (kind, state), n in figures.prompts.items():
            prompts.add_metric((kind, state), n)
        yield prompts
        answers = GaugeMetricFamily("ema_answers", "Answer revisions by status", labels=("status",))
        for status, n in figures.answers.items():
            answers.add_metric((status,), n)
        yield answers
        outbox = GaugeMetricFamily("ema_outbox", "Messages by state", labels=("state",))
        for state, n in figures.outbox.items():
            outbox.add_metric((state,), n)
        yield outbox
        yield GaugeMetricFamily(
            "ema_outbox_oldest_seconds", "How long the oldest message has been waiting", value=figures.outbox_age
        )
        buckets = [(str(top), float(sum(late <= top for late in figures.lateness))) for top in LATENESS_BUCKETS]
        late = HistogramMetricFamily("ema_send_lateness_seconds", "From due to accepted, over the last 24 hours")
        late.add_metric((), [*buckets, ("+Inf", float(len(figures.lateness)))], sum_value=sum(figures.lateness))
        yield late
        beats = GaugeMetricFamily("ema_tick_age_seconds", "Since each interval job last succeeded", labels=("name",))
        for beat in figures.heartbeats:
            beats.add_metric((beat.name,), beat.since.total_seconds())
        yield beats
