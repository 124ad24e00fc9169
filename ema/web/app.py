"""The web application: everything a browser or a program can reach."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute

from ema.services import receive, whole
from ema.services.installation import Installation
from ema.services.trends import Trends
from ema.web import admin, api, calls, docs, errors, health, participant, payments, peer, researcher, security, signin
from ema.web.pages import HERE
from ema.web.participant import MiniApp, linked, looked, shared
from ema.web.peer import caseload


def create_app(
    installation: Installation, *, extra_routes: Sequence[BaseRoute] = (), mini_app: MiniApp | None = None
) -> FastAPI:
    """Wire the routers. `extra_routes` (a webhook, the sandbox) come from the composition root and are asked first.

    Without a `mini_app` there is no bot, and nothing at /app.
    """
    app = FastAPI(
        title="EMA",
        description="What the platform tells programs. Sign in by a link; its session cookie opens these addresses.",
        version="1",
        # spans would carry addresses, and a sign-in address is a secret until it is used
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        max_body_size=security.MAX_BODY_BYTES,
        docs_url=None,
        redoc_url=None,
        routes=[*extra_routes, *participant.QUICK],
    )
    app.state.installation = installation
    app.state.attempts = signin.Attempts()
    app.state.trends = Trends(installation)
    app.state.mini_app = mini_app
    app.state.papers = whole.gathered(installation)
    app.state.received = receive.gathered(installation)
    app.add_middleware(security.SecurityHeaders)
    errors.install(app)
    parts = (researcher, caseload, peer, calls, admin, payments, participant, linked, looked, shared, health, api, docs)
    for part in (signin, *parts):
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    return app
