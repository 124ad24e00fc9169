"""Picture every screen on phones in a Chromium of the system: `make screens`. Writes the page and its pictures."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from starlette.routing import Mount

from bot.sandbox import miniapp, serve_in_thread
from ema.bootstrap import mini_app
from ema.clock import SystemClock
from ema.store.migrate import migrate
from ema.web.app import create_app
from tests.browser.conftest import FLAGS, NAMES
from tests.screens.hands import Stop
from tests.screens.opened import open_world
from tests.screens.page import LANGUAGES, PAGE, Seen, picture, written
from tests.screens.tour import Tour
from tests.services.world import World

COLOURS = 48
"""A screen of the phone has few; so a picture is a few kilobytes."""
PHONE = {"width": 400, "height": 640}
TALL = {"width": 400, "height": 1500}
"""So that no message is longer than what can be seen at once."""


class Street:
    """Installations, each with its phones on a port of its own. All that touches them is done by one thread."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.closing, self.template = folder, ExitStack(), folder / "template.sqlite"
        migrate(f"sqlite:///{self.template}")
        self.addresses: dict[World, str] = {}
        self._thread = ThreadPoolExecutor(1)  # the browser's event loop runs in the main one

    def do(self, what: Any, *arguments: Any) -> Any:
        return self._thread.submit(what, *arguments).result()

    def make_world(self, protocol: Any) -> World:
        site = Site()
        url, stop = serve_in_thread(site)
        self.closing.callback(stop)
        place = Path(tempfile.mkdtemp(dir=self.folder))
        world = open_world(self.closing, self.template, place, protocol, f"{url}/app")
        pages = mini_app([world.channel], SystemClock(), f"/sandbox{miniapp.SCRIPT}")
        site.app = create_app(world.here, extra_routes=[Mount("/sandbox", world.sandbox.pages)], mini_app=pages)
        self.addresses[world] = url
        return world

    def close(self) -> None:
        self.do(self.closing.close)
        self._thread.shutdown()


class Site:
    """Serves what is put into it once it is known."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)


def main() -> None:
    os.environ["PTB_TIMEDELTA"] = "1"
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        sys.exit("No Chromium was found: install chromium.")
    pictures: dict[Path, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="ema-screens-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        walks = [(language, pictured(browser, Path(folder), language, pictures)) for language in LANGUAGES]
        browser.close()
    shutil.rmtree(PAGE.with_suffix(""), ignore_errors=True)  # not before: a walk that is cut off loses no picture
    for file, png in pictures.items():
        save(png, file)
    PAGE.write_text(written(walks), encoding="utf-8")
    sizes = [each.stat().st_size for each in PAGE.with_suffix("").rglob("*.png")]
    sys.stdout.write(
        f"{len(sizes)} pictures, {sum(sizes) / 1000:.0f} kB together, {max(sizes) / 1000:.0f} kB the largest\n"
    )


def pictured(browser: Any, folder: Path, language: str, pictures: dict[Path, bytes]) -> list[Seen]:
    street = Street(folder)
    page = browser.new_page(viewport=PHONE, color_scheme="light", reduced_motion="reduce")
    tour = Tour(street.make_world, language)
    sections, found = tour.sections(), []
    while (section := street.do(next, sections, None)) is not None:
        heading, stops = section
        while (stop := street.do(next, stops, None)) is not None:
            found.append(Seen(heading, stop.name, stop.words, stop.place, street.do(tour.place_of, stop.who)))
            pictures[picture(language, stop.name)] = shot(page, street, stop)
    page.close()
    street.close()
    return found


def shot(page: Page, street: Street, stop: Stop) -> bytes:
    message = stop.message
    page.set_viewport_size(TALL if stop.how == "message" else PHONE)
    if stop.how == "page":
        page.goto(miniapp.launch(stop.who.phone, message.id, stop.button))
        page.locator("main :visible").first.wait_for()
        page.wait_for_load_state("networkidle")
        return page.screenshot(full_page=True)
    if stop.how == "locked":
        page.route("**/do*", lambda route: route.abort())  # or the open phone would say that the note was read
    page.goto(f"{street.addresses[stop.who.world]}/sandbox/phone/{stop.who.phone.id}")
    if stop.how == "message":
        drawn = page.locator(f"article[data-id='{message.id}']")
        drawn.wait_for()
        return drawn.screenshot()
    if stop.how == "locked":
        page.locator("#more").click()
        page.locator("#lock").click()
        page.locator("#notices li").first.wait_for()
        page.unroute_all()
    page.locator("#log > *").first.wait_for(state="attached")
    return page.locator("#phone").screenshot()


def save(png: bytes, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=0)
    few.save(file, optimize=True)


if __name__ == "__main__":
    main()
