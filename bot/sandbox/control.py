"""`/sandbox/faults`: trouble on demand for tests that run in another process; only from this machine."""

from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.faults import Fault, Faults


def fault_routes(faults: Faults) -> list[Route]:
    """GET lists, DELETE clears, POST adds `Fault` fields, or `{"outage": true|false}`, or `{"limit": {...}}`."""

    async def handle(request: Request) -> Response:
        if not _from_this_machine(request):
            return JSONResponse({"error": "only from this machine"}, 403)
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            try:
                order = await request.json()
                if "outage" in order:
                    faults.outage(on=order.pop("outage"), **order)
                elif "limit" in order:
                    faults.limit(**order["limit"])
                else:
                    faults.add(Fault(**order))
            except (ValueError, TypeError) as mistake:
                return JSONResponse({"error": str(mistake)}, 400)
        return JSONResponse({"faults": faults.listed()})

    return [Route("/faults", handle, methods=["GET", "POST", "DELETE"])]


def _from_this_machine(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
