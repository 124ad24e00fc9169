"""An HTML file as PDF, by a Chromium that is on this machine, without a window and without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from ema.domain.errors import EmaError

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WITHIN_SECONDS: Final = 90
FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


class NoChromium(EmaError):
    """Nothing here can print."""

    status = 503


class NotPrinted(EmaError):
    status = 500


def chromium() -> str | None:
    """The first that is found on the path."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def pdf(html: str) -> bytes:
    """Print a page that loads nothing. Raises NoChromium, NotPrinted."""
    program = chromium()
    if program is None:
        raise NoChromium(
            "There is no Chromium on this machine, so there is no PDF: open the HTML file in any browser and print it."
        )
    with tempfile.TemporaryDirectory(prefix="ema-print-") as name:
        folder = Path(name)
        page, out = folder / "page.html", folder / "page.pdf"
        page.write_text(html, encoding="utf-8")
        command = [program, *FLAGS, *_as_root(), f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={out}"]
        try:
            subprocess.run(  # noqa: S603 - a program that we name, without a shell
                [*command, page.as_uri()], check=False, capture_output=True, timeout=WITHIN_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotPrinted(f"Chromium did not print it: {type(error).__name__}.") from error
        if not out.exists():
            raise NotPrinted("Chromium did not print it. Open the HTML file in any browser and print it.")
        return out.read_bytes()


def _as_root() -> tuple[str, ...]:
    """Chromium's sandbox refuses to start as root; the page is our own, has no script and loads nothing."""
    return ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
