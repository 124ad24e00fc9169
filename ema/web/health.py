"""Alive, ready, figures: counts only, so that none of it needs a sign-in. And for staff, in words, how it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ema.services import health, status
from ema.web.access import Anyone, Here
from ema.web.pages import page

router = APIRouter(include_in_schema=False)

LATENESS_BUCKETS: Final = (0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


@router.get("/healthz")
def alive() -> PlainTextResponse:
    return PlainTextResponse("alive\n")


@router.get("/readyz")
def ready(here: Here) -> JSONResponse:
    checks = health.checks(here)
    broken = [check for check in checks if not check.holds]
    refused = any(check.grave for check in broken)
    said = {check.name: {"status": "ok" if check.holds else "broken", "words": check.words} for check in checks}
    body = {"ready": not refused, "checks": said, "broken": [check.words for check in broken]}
    return JSONResponse(body, status_code=503 if refused else 200)


@router.get("/metrics")
def metrics(here: Here) -> Response:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(health.collect(here)))
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/status")
def going_out(request: Request, here: Here, me: Anyone) -> HTMLResponse:
    """Are prompts going out? Peer workers get the short form."""
    said = status.short(here) if me.role in {"peer", "lead"} else status.status(here)
    return page(request, "status.html", said=said)


class _Figures(Collector):
    def __init__(self, figures: health.Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        yield GaugeMetricFamily("ema_prompts_planned", "Prompts that are planned and not sent", value=figures.planned)
        yield GaugeMetricFamily("ema_prompts_due", "Of these: those whose time has come", value=figures.due)
        yield GaugeMetricFamily(
            "ema_prompts_sent", "Prompts that were accepted in the last hour", value=len(figures.lateness)
        )
        late = HistogramMetricFamily(
            "ema_send_lateness_seconds", "From due to accepted, in the last hour: a window, so use it without rate()"
        )
        buckets = [(str(top), float(sum(late <= top for late in figures.lateness))) for top in LATENESS_BUCKETS]
        late.add_metric((), [*buckets, ("+Inf", float(len(figures.lateness)))], sum_value=sum(figures.lateness))
        yield late
        yield _by(("state", "reason"), "ema_prompts_ended", "Prompts that ended in the last hour", figures.ended)
        yield _by(("status",), "ema_answers", "Answers given in the last hour", figures.answers)
        yield _by(("state",), "ema_messages", "Messages that ended in the last hour", figures.messages)
        yield _by(
            ("why", "then"),
            "ema_send_errors",
            "Messages that failed: to be tried again now, or given up in the last hour",
            {(each.why, "again" if each.waits else "given up"): each.number for each in figures.failures},
        )
        yield GaugeMetricFamily("ema_calls_waiting", "Calls to whoever is on call, not seen", value=len(figures.calls))
        late_calls = sum(raised > 0 for raised in figures.calls)
        yield GaugeMetricFamily("ema_calls_raised_again", "Of these: those not seen in time", value=late_calls)
        yield GaugeMetricFamily("ema_queue_messages", "Messages that could go now", value=figures.waiting)
        yield GaugeMetricFamily("ema_queue_oldest_seconds", "How long the oldest has waited", value=figures.queue_age)
        of_bot: tuple[tuple[str, str, Callable[[health.Bot], float]], ...] = (
            ("ema_bot_queue_messages", "Messages of each bot that could go now", lambda bot: bot.waiting),
            ("ema_bot_queue_oldest_seconds", "How long its oldest has waited", lambda bot: bot.age.total_seconds()),
            ("ema_bot_rest_seconds", "For how long Telegram has it rest", lambda bot: bot.rest),
            ("ema_bot_missing_people", "Who takes part by a bot that is not set", lambda bot: bot.missing),
        )
        for name, what, number in of_bot:
            yield _by(("bot",), name, what, {str(bot.id): number(bot) for bot in figures.bots})
        ages = {beat.name: beat.since.total_seconds() for beat in figures.heartbeats}
        yield _by(("name",), "ema_tick_age_seconds", "Since each interval job last succeeded", ages)


def _by(
    labels: tuple[str, ...], name: str, what: str, numbers: Mapping[str, float] | Mapping[tuple[str, str], float]
) -> Metric:
    family = GaugeMetricFamily(name, what, labels=labels)
    for values, number in numbers.items():
        family.add_metric((values,) if isinstance(values, str) else values, number)
    return family
