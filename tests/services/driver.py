"""A process that can be killed. Each line of its input is a list of orders; each order is done by a child of its own,
all at once; it answers with how each child ended (0: well; -9: killed; -19: it stands still, until it is told to go on).
Run by `elsewhere`.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import traceback
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random

from bot.channel import TelegramChannel
from bot.poll import Poller
from ema.clock import VirtualClock
from ema.config import Settings
from ema.sender import Sender
from ema.services import backup, deliver, expire
from ema.services.installation import Installation
from ema.services.plan import plan_ahead
from ema.services.receive import receive
from ema.store import copies, participants, planned_slots, sealed
from ema.store.engine import open_database
from ema.store.vault import Vault, open_vault


def now_and_here(what):
    """This thread gets the signal: another would let it go on for a moment."""
    signal.pthread_kill(threading.get_ident(), what)


def die(*_, **__):
    now_and_here(signal.SIGKILL)


async def no_send(*_, **__):
    die()


async def receive_one(here, incoming):
    return receive(here, incoming)


async def received_then_die(here, incoming):
    receive(here, incoming)
    die()


def stand_still():
    now_and_here(signal.SIGSTOP)


def stand_still_and_record(*arguments):
    stand_still()
    record(*arguments)


POINTS = {
    "after the claim, before the sending": lambda: setattr(TelegramChannel, "send", no_send),
    "after the sending, before the record": lambda: setattr(deliver, "record", die),
    "in the middle of the event's transaction": lambda: setattr(sealed, "save_state", die),
    "after the commit, before the offset moves": lambda: setattr(
        sys.modules[__name__], "receive_one", received_then_die
    ),
    "after the key is made, before the row is": lambda: setattr(participants, "add", die),
    "before the key is destroyed": lambda: setattr(Vault, "destroy", die),
    "after the key is destroyed, before the rows go": lambda: setattr(participants, "purge", die),
    "in planning, between prompts and notes": lambda: setattr(planned_slots, "_notes_since", die),
    "in planning, before the commit": lambda: setattr(participants, "planned", die),
    "in expiry, before the commit": lambda: setattr(expire, "_blank", die),
    "in a backup, before it is in its place": lambda: setattr(copies, "settle", die),
    "in a backup, while the keys are copied": lambda: setattr(backup, "settle", die),
    "stands still before the record": lambda: setattr(deliver, "record", stand_still_and_record),
}
record = deliver.record


async def poll(here, channel):
    poller = Poller(channel, partial(receive_one, here), lambda: None)
    while await poller.step():
        await poller.settle()


async def send(here, channel):
    sender = Sender(here, channel, Random(1), per_second=1e9)
    while await sender.step():
        pass


async def talk(what, here, order):
    channel = TelegramChannel(order["token"], order["api"])
    async with channel.bot:
        await what(here, channel)


def carry_out(order):
    os.environ["PATH"] = order["path"]  # with the programs for this database
    database, vault = open_database(order["database"]), open_vault(order["keystore"], Path(order["key_file"]))
    here = Installation(database, vault, VirtualClock(datetime.fromisoformat(order["now"])), Settings())
    if order["kill"]:
        POINTS[order["kill"]]()
    match order["do"]:
        case "plan":
            plan_ahead(here)
        case "expire":
            expire.expire(here)
        case "backup":
            backup.backup(database, vault, Path(order["file"]), Path(order["file"]).with_name("keys.backup"))
        case what:
            asyncio.run(talk({"poll": poll, "send": send}[what], here, order))
    vault.close()
    database.close()


def begin(order):
    child = os.fork()
    if child:
        return child
    try:
        carry_out(order)
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main():
    still = []
    for line in sys.stdin:
        orders = json.loads(line)
        if orders[0]["do"] == "go on":
            children, still = still, []
            for child in children:
                os.kill(child, signal.SIGCONT)
        else:
            children = [begin(order) for order in orders]
        ends = []
        for child in children:
            _, status = os.waitpid(child, os.WUNTRACED)
            if os.WIFSTOPPED(status):
                still.append(child)
                ends.append(-os.WSTOPSIG(status))
            else:
                ends.append(os.waitstatus_to_exitcode(status))
        sys.stdout.write(json.dumps(ends) + "\n")
        sys.stdout.flush()
    for child in still:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
