"""A process that can be killed. Each line of its input is a list of orders; each order is done by a child of its own,
all at once; it answers with how each child ended (0: well; -9: killed). Run by `elsewhere`.
"""

import asyncio
import json
import os
import signal
import sys
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
from ema.services import deliver
from ema.services.installation import Installation
from ema.services.plan import plan_ahead
from ema.services.receive import receive
from ema.store import participants, sealed
from ema.store.engine import open_database
from ema.store.vault import Vault, open_vault


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


async def no_send(*_, **__):
    die()


def received_then_die(here, incoming):
    receive(here, incoming)
    die()


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
}
receive_one = receive


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
    database, vault = open_database(order["database"]), open_vault(order["keystore"], Path(order["key_file"]))
    here = Installation(database, vault, VirtualClock(datetime.fromisoformat(order["now"])), Settings())
    if order["kill"]:
        POINTS[order["kill"]]()
    if order["do"] == "plan":
        plan_ahead(here)
    else:
        asyncio.run(talk({"poll": poll, "send": send}[order["do"]], here, order))
    vault.close()
    database.close()


def main():
    for line in sys.stdin:
        children = []
        for order in json.loads(line):
            child = os.fork()
            if child == 0:
                try:
                    carry_out(order)
                except BaseException:  # noqa: BLE001 - a child must not go on as its parent
                    traceback.print_exc()
                    os._exit(1)
                os._exit(0)
            children.append(child)
        ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        sys.stdout.write(json.dumps(ends) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
