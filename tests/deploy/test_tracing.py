"""Spans leave only where an operator collects them, and tell nothing about anybody."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ema import tracing
from ema.store.migrate import ROOT

WORK = """
import sys
from opentelemetry import trace
from ema import tracing

tracing.start(sys.argv[1] if len(sys.argv) > 1 else None)
with tracing.traced("receive"):
    with tracing.traced("tick", what="plan"):
        pass
try:
    with tracing.traced("send", messages=3):
        raise ValueError("chat 4711 wrote this")
except ValueError:
    pass
provider = trace.get_tracer_provider()
print(type(provider).__name__)
getattr(provider, "shutdown", lambda: None)()
"""


@pytest.fixture
def collector():
    """An OTLP collector: what it was given, and its address."""
    taken = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield taken, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def work(*arguments):
    """In a process of its own: a provider is set once for good."""
    command = [sys.executable, "-c", WORK, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_spans_reach_the_collector_and_say_what_was_done_and_nothing_else(collector):
    taken, url = collector
    work(url + "/")
    assert {path for path, _ in taken} == {"/v1/traces"}
    spans, resource = {}, {}
    for _, body in taken:
        for each in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource |= {one.key: one.value.string_value for one in each.resource.attributes}
            spans |= {span.name: span for scope in each.scope_spans for span in scope.spans}
    assert spans.keys() == {"receive", "tick", "send"}
    assert spans["tick"].parent_span_id == spans["receive"].span_id
    assert [(one.key, one.value.string_value) for one in spans["tick"].attributes] == [("what", "plan")]
    assert (spans["send"].status.message, list(spans["send"].events)) == ("ValueError", [])
    assert resource["service.name"] == "ema"
    everything = b"".join(body for _, body in taken)
    assert b"4711" not in everything
    assert ROOT.name.encode() not in everything


def test_without_a_collector_nothing_is_made():
    assert work() == "ProxyTracerProvider"


def test_a_missing_package_is_said_in_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(tracing.NoTracing, match="install ema\\[otel\\]"):
        tracing.start("http://127.0.0.1:1")
