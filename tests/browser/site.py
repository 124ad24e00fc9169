"""An installation with its phones and its pages on one port, for a real Chromium."""

from concurrent.futures import ThreadPoolExecutor

from starlette.routing import Mount

from bot.sandbox import miniapp, serve_in_thread
from ema.bootstrap import mini_app
from ema.clock import SystemClock
from ema.store.engine import open_database
from ema.web.app import create_app
from tests.services.sliding import SLIDING
from tests.services.world import World

STAND_IN = f"/sandbox{miniapp.SCRIPT}"


class Site:
    """An installation with its phones and pages on one port, and Anna at the first question of her check-in."""

    def __init__(self, sqlite_url, vault, clock, folder, protocol=SLIDING):
        self._thread = ThreadPoolExecutor(1)  # the browser's event loop runs in the test's own thread
        self._app = None
        self.url, self._stop = serve_in_thread(self)
        self.database = open_database(sqlite_url, durable=False)
        self.world = self.do(lambda: World(self.database, vault, clock, folder, protocol, app_url=f"{self.url}/app"))
        self.serve(STAND_IN)
        self.anna = self.do(self._anna)

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await self._app(scope, receive, send)

    def serve(self, script):
        app = mini_app([self.world.channel], SystemClock(), script)
        phones = Mount("/sandbox", self.world.sandbox.pages)
        self._app = create_app(self.world.here, extra_routes=[phones], mini_app=app)

    def do(self, what):
        return self._thread.submit(what).result()

    def rest(self):
        self.do(self.world.rest)

    def _anna(self):
        anna = self.world.joined("Anna")
        self.world.wait(hours=4)
        anna.tap("Start")
        return anna

    def close(self):
        self.do(self.world.close)
        self._stop()
        self.database.close()
        self._thread.shutdown()
