"""Spans of the few things that this platform does, for an operator who collects them (OpenTelemetry). Mostly off.

A span says what was done, how long it took, and how much there was of it. It never carries an address, an id, a path, a
text, or the words of an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode

from ema.domain.errors import EmaError


class NoTracing(EmaError):
    """Spans are wanted, and the package that sends them is not there."""

    status = 503


def start(url: str | None) -> None:
    """Send spans to the OTLP collector at `url` (HTTP) from now on; without one, nothing. Raises NoTracing."""
    if url is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise NoTracing("EMA_OTLP_URL needs two more packages: install ema[otel], or unset it.") from None
    # a resource of our own: detected ones would tell the machine's name and the command line
    provider = TracerProvider(resource=Resource({"service.name": "ema"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)


@contextmanager
def traced(name: str, **facts: str | int) -> Iterator[Span]:
    """Around one piece of work. Of an error only its kind is told."""
    tracer = trace.get_tracer("ema")
    with tracer.start_as_current_span(
        name, attributes=facts, record_exception=False, set_status_on_exception=False
    ) as it:
        try:
            yield it
        except BaseException as error:
            it.set_status(StatusCode.ERROR, type(error).__name__)
            raise
