"""The phone in the browser: its pages, and what their scripts ask for."""

import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo, available_timezones

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.sandbox.control import fault_routes
from bot.sandbox.errors import ApiError, PhoneError
from bot.sandbox.miniapp import launch
from bot.sandbox.model import Json
from bot.sandbox.phone import Phone
from bot.sandbox.screen import clock, notices, screen, tag
from bot.sandbox.state import State

if TYPE_CHECKING:
    from bot.sandbox.sandbox import Sandbox

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
HOME_TIMEZONE = "Europe/London"
JUMPS = ("next", "+6h", "+1d")
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")

ACTIONS: dict[str, Callable[[Phone, Json], object]] = {
    "start": lambda phone, _: phone.start(),
    "send": lambda phone, order: phone.send(str(order["text"])),
    "tap": lambda phone, order: phone.tap(int(order["message"]), str(order["data"])),
    "read": lambda phone, _: phone.read(),
    "block": lambda phone, _: phone.block(),
    "unblock": lambda phone, _: phone.unblock(),
    "send_voice": lambda phone, order: phone.send_voice(_bytes(order), int(order["seconds"])),
    "send_photo": lambda phone, order: phone.send_photo(_bytes(order)),
    "send_location": lambda phone, order: phone.send_location(float(order["latitude"]), float(order["longitude"])),
    "delete_message": lambda phone, order: phone.delete_message(int(order["message"])),
    "delete_chat": lambda phone, _: phone.delete_chat(),
}


def pages(sandbox: "Sandbox", state: State, api: ASGIApp) -> ASGIApp:
    """What is mounted at `/sandbox`."""
    desk = _Desk(sandbox, state)
    return Starlette(
        routes=[
            Route("/", desk.phones),
            Route("/new", desk.new),
            Route("/phone/{id:int}", desk.phone),
            Route("/phone/{id:int}/state", desk.state_of),
            Route("/phone/{id:int}/do", desk.do, methods=["POST"]),
            Route("/phone/{id:int}/app", desk.app, methods=["POST"]),
            Route("/file/{file_id}", desk.file),
            Route("/time", desk.time),
            Route("/time", desk.jump, methods=["POST"]),
            *fault_routes(sandbox.faults),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Mount("/api", api),
        ]
    )


class _Desk:
    """The pages' answers."""

    def __init__(self, sandbox: "Sandbox", state: State) -> None:
        self._sandbox = sandbox
        self._state = state
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )

    # --- pages

    async def phones(self, request: Request) -> Response:
        """All phones, and the form for another."""
        rows = []
        for phone in self._sandbox.phones():
            last = phone.last()
            rows.append(
                {
                    "phone": phone,
                    "notices": notices(phone),
                    "last": clock(last.at, phone.timezone)["bar"] if last else "",
                }
            )
        return self._page(
            request,
            "phones.html",
            rows=rows,
            zones=sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
            home=HOME_TIMEZONE,
        )

    async def new(self, request: Request) -> Response:
        """A new phone; with `start` it has opened the deep link and pressed Start."""
        asked = request.query_params
        language, timezone = asked.get("language") or "en", asked.get("timezone") or HOME_TIMEZONE
        if not LANGUAGE.fullmatch(language) or timezone not in available_timezones():
            raise HTTPException(400, "no such language or time zone")
        phone = self._sandbox.new_phone(asked.get("name", "").strip()[:64], language, timezone)
        payload = asked.get("start", "").strip()
        if payload:
            if not PAYLOAD.fullmatch(payload):
                raise HTTPException(400, "a start code has letters, digits, - and _ only")
            phone.start(payload)
        return RedirectResponse(f"{_root(request)}/phone/{phone.id}", 303, HEADERS)

    async def phone(self, request: Request) -> Response:
        phone = self._phone(request)
        return self._page(request, "phone.html", phone=phone, query=_query(request))

    # --- what the scripts ask for

    async def state_of(self, request: Request) -> Response:
        """The screen; only the clock when nothing changed since `tag`."""
        phone = self._phone(request)
        return self._screen(phone, request.query_params.get("tag", ""))

    async def do(self, request: Request) -> Response:
        """Carry out what the visitor did on the phone, and answer with the screen after it."""
        phone = self._phone(request)
        order = await _order(request)
        action = ACTIONS.get(str(order.get("action")))
        if action is None:
            raise HTTPException(400, "no such action")
        try:
            action(phone, order)
        except (PhoneError, KeyError, ValueError) as mistake:
            return JSONResponse({"error": str(mistake)}, 409, HEADERS)
        return self._screen(phone, "")

    async def app(self, request: Request) -> Response:
        """The address of the Mini App behind a tapped button."""
        phone = self._phone(request)
        order = await _order(request)
        try:
            url = launch(phone, int(order["message"]), str(order["url"]), dark=order.get("scheme") == "dark")
        except (PhoneError, KeyError, ValueError) as mistake:
            return JSONResponse({"error": str(mistake)}, 409, HEADERS)
        return JSONResponse({"url": url}, headers=HEADERS)

    async def file(self, request: Request) -> Response:
        """A photo to look at, a voice message to listen to, a document to download."""
        try:
            file, content = self._state.file_content(request.path_params["file_id"])
        except ApiError as unknown:
            raise HTTPException(404) from unknown
        headers = HEADERS | {"Cache-Control": "private, max-age=3600"}
        if file.width or file.path.startswith("voice/"):
            return Response(content, headers=headers, media_type=file.mime_type)
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
        return Response(content, headers=headers, media_type="application/octet-stream")

    async def time(self, request: Request) -> Response:
        return JSONResponse(self._clock(request.query_params.get("timezone", HOME_TIMEZONE)), headers=HEADERS)

    async def jump(self, request: Request) -> Response:
        """Move the demo's clock, and say what happened."""
        order = await _order(request)
        controls = self._sandbox.time_controls
        if controls is None or order.get("target") not in JUMPS:
            raise HTTPException(400, "no such jump")
        said = await controls.jump(order["target"])
        timezone = str(order.get("timezone", HOME_TIMEZONE))
        return JSONResponse(self._clock(timezone) | {"said": said}, headers=HEADERS)

    # --- pieces

    def _phone(self, request: Request) -> Phone:
        try:
            return self._sandbox.phone(request.path_params["id"], bot=request.query_params.get("bot"))
        except KeyError:
            raise HTTPException(404, "no such phone") from None

    def _screen(self, phone: Phone, known: str) -> Response:
        moment = {"now": clock(self._sandbox.now(), phone.timezone)}
        now = tag(self._state, phone)
        body = {"tag": now} if known == now else screen(self._state, phone)
        return JSONResponse(body | moment, headers=HEADERS)

    def _clock(self, timezone: str) -> Json:
        if timezone not in available_timezones():
            raise HTTPException(400, "no such time zone")
        return {"now": clock(self._sandbox.now(), timezone)}

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        phone: Phone | None = values.get("phone")
        timezone = phone.timezone if phone else HOME_TIMEZONE
        html = self._templates.get_template(template).render(
            root=_root(request),
            accounts=self._sandbox.accounts,
            account=phone.chat.bot.account if phone else self._sandbox.accounts[0],
            now=clock(self._sandbox.now(), timezone),
            timezone=timezone,
            zone_name=f"{self._sandbox.now().astimezone(ZoneInfo(timezone)):%Z}",
            time_controls=self._sandbox.time_controls is not None,
            **values,
        )
        return HTMLResponse(html, headers=HEADERS)


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _query(request: Request) -> str:
    """Keeps the choice of a bot from page to script."""
    bot = request.query_params.get("bot")
    return "?" + urlencode({"bot": bot}) if bot else ""


def _bytes(order: Json) -> bytes:
    """What a JSON object can carry of a file: its bytes in base 64."""
    return b64decode(str(order["body"]), validate=True)


async def _order(request: Request) -> Json:
    """A JSON object. Other sites' forms cannot send one, so they cannot reach the phones."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415, "JSON only")
    try:
        order = await request.json()
    except ValueError:
        order = None
    if not isinstance(order, dict):
        raise HTTPException(400, "a JSON object expected")
    return order
