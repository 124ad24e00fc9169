"""Make the README's pictures from a demo that this script starts, with a Chromium of the system: `make screenshots`.

The demo gets a data folder and a port of its own and is ended by its process id. Its first start lets virtual people
live through the study, which takes up to two minutes; `--data DIR` keeps the folder, so that the next run is quick.
"""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from time import monotonic
from typing import IO

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SECONDS = 900
LARGEST = 200_000
PHONE: ViewportSize = {"width": 400, "height": 760}
DESK: ViewportSize = {"width": 1100, "height": 1190}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, help="keep the demo's data in this folder")
    given = options.parse_args()
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        sys.exit("No Chromium was found: install chromium.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with folder(given.data) as data, demo(data) as addresses, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        phone(browser, addresses)
        pages(browser, addresses)
        browser.close()
    for picture in sorted(PICTURES.glob("*.png")):
        size = picture.stat().st_size
        print(f"{picture.relative_to(ROOT)}: {size / 1000:.0f} kB")
        if size > LARGEST:
            sys.exit(f"{picture.name} is larger than {LARGEST // 1000} kB.")


@contextmanager
def folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="ema-screenshots-") as made:
        yield Path(made)


@contextmanager
def demo(data: Path) -> Iterator[list[str]]:
    """`ema demo` on a free port. Yields the addresses that it printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["env", f"EMA_DATA_DIR={data}", f"EMA_PORT={port}", sys.executable, "-m", "ema", "demo"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603 - our own words
    try:
        yield printed(process)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def printed(process: subprocess.Popen[str]) -> list[str]:
    """Addresses in the demo's output, until a phone and two sign-in links are among them."""
    lines: Queue[str | None] = Queue()

    def read(stream: IO[str]) -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    assert process.stdout is not None
    threading.Thread(target=read, args=[process.stdout], daemon=True).start()
    found: list[str] = []
    said: list[str] = []
    end = monotonic() + SECONDS
    while not (any("/sandbox" in url for url in found) and sum("/sign-in/" in url for url in found) >= 2):
        try:
            line = lines.get(timeout=max(end - monotonic(), 0))
        except Empty:
            line = None
        if line is None:
            sys.exit(f"The demo did not print a phone and two sign-in links:\n{''.join(said)}")
        said.append(line)
        found += re.findall(r"http://\S+[^\s.,)]", line)
    return found


def phone(browser: Browser, addresses: list[str]) -> None:
    """A new participant joins and stands at the first question."""
    page = browser.new_page(viewport=PHONE, device_scale_factor=1.5)
    page.goto(next(url for url in addresses if "/sandbox" in url))
    join(page)
    page.get_by_role("button", name="Try one now").click()
    page.get_by_role("button", name="7", exact=True).wait_for()
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    page.locator("#phone").screenshot(path=PICTURES / "phone.png")
    page.close()


def join(page: Page) -> None:
    """Tap on, whatever stands there, until the practice check-in is offered."""
    wanted = re.compile(r"^(English|Next|Yes|Yes, I want to take part|About 3 pm and 9.30 pm|London|Start|START)$")
    offered = page.get_by_role("button", name="Try one now")
    for _ in range(40):
        if offered.count():
            return
        button = page.get_by_role("button", name=wanted)
        before = page.locator("body").inner_text()
        button.last.click()
        for _ in range(50):
            page.wait_for_timeout(60)
            if page.locator("body").inner_text() != before:
                break
    sys.exit("Joining on the phone did not come to its end.")


def pages(browser: Browser, addresses: list[str]) -> None:
    """Each sign-in link leads to the page of its role."""
    for url in (url for url in addresses if "/sign-in/" in url):
        page = browser.new_context(viewport=DESK).new_page()
        page.goto(url)
        page.get_by_role("button").first.click()
        page.wait_for_url(re.compile("/(studies|peers|staff)"))
        if "/studies" in page.url:
            researcher(page)
        elif "/peers" in page.url:
            peer(page)
        page.context.close()


def researcher(page: Page) -> None:
    page.locator("main a[href^='/studies/']").first.click()
    page.locator("#compliance img, #compliance table").first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle", timeout=120_000)
    page.screenshot(path=PICTURES / "researcher.png")


def peer(page: Page) -> None:
    page.set_viewport_size({"width": 440, "height": 860})
    page.goto(f"{page.url.partition('?')[0]}?show=check")
    page.screenshot(path=PICTURES / "peers.png")


if __name__ == "__main__":
    main()
