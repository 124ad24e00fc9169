"""Run an ASGI app on a free port of this machine, in a thread."""

import socket
import threading
import time
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp


def serve_in_thread(app: ASGIApp, port: int = 0) -> tuple[str, Callable[[], None]]:
    """The app's URL on the loopback interface, and the function that stops it."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="critical", access_log=False, ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server", daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.005)

    def stop() -> None:
        server.should_exit = True
        thread.join(timeout=10)

    return f"http://127.0.0.1:{listener.getsockname()[1]}", stop
