"""Starts the product's commands, each as a process of its own. `python -m tests.soak.product`.

Each line of the input is an order. Everything is imported already, so that a process is there at once: it is forked, given
its environment, its clock and its trap, and then does exactly what `python -m ema …` does. What still runs at the end of
the input is killed.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import ema.web.app  # noqa: F401 - imported before the fork, not after each
from ema import __main__ as command_line
from ema import bootstrap, worker
from ema.services import backup as _backup  # noqa: F401
from tests.soak.points import wrap_all
from tests.soak.shared import JumpingClock, Trap

TICKS_FASTER = 30
"""The clockwork beats so much faster than in life: the time between beats is jumped over, as all idle time is."""


def run(order):
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    clock, opened = JumpingClock(Path(order["clock"])), bootstrap.installation
    bootstrap.installation = lambda settings=None, given=None, **options: opened(settings, given or clock, **options)
    worker.TICKS = tuple(replace(tick, every=tick.every / TICKS_FASTER) for tick in worker.TICKS)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a beat was left out on a busy machine
    wrap_all(Trap(Path(order["trap"])).springs)
    sys.argv = ["ema", *order["command"]]
    try:
        command_line.main()
    except SystemExit as end:
        return end.code or 0
    return 0


def start(order):
    child = os.fork()
    if child:
        return child
    try:
        code = run(order)
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 1)


def main():
    running: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "command" in order:
            running.add(said := start(order))
        else:
            said = {}
            for child in sorted(running):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    said[child] = os.waitstatus_to_exitcode(status)
            running -= set(said)
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
    for child in running:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
