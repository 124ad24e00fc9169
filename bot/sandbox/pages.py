"""The phone in the browser: its pages, and what their script asks for."""

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from bot.sandbox.control import fault_routes

if TYPE_CHECKING:
    from bot.sandbox.sandbox import Sandbox


def pages(sandbox: "Sandbox", api: ASGIApp) -> ASGIApp:
    """What is mounted at `/sandbox`."""
    return Starlette(routes=[*fault_routes(sandbox.faults), Mount("/api", api)])
