"""The bundled check-in from Start to thanks, one person after another: taps, the server's time for each, bytes, messages left.

A tap's time is from the update's first byte to the next question's last one, through the real server (`serving`) and its
sender. Bytes are those of the Bot API: Telegram's own way to the phone is not ours to measure.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from time import perf_counter

from tests.bench import measures, planning, wire
from tests.bench.form import fsyncs, served
from tests.bench.taps import Person, Telegram, stand_in

PEOPLE = 60
WARM = 4
"""People whose check-ins are not counted: what is loaded once is loaded."""
MOST_TAPS = 8


def checkin() -> Iterator[measures.Figure]:
    yield measures.Figure("fsync on this disk", fsyncs(), "1/s", "one after another, 4 kB each")
    for name, new_url in (("SQLite", planning.sqlite_urls), ("PostgreSQL", planning.postgres_urls)):
        with (
            new_url() as url_of,
            stand_in("tests.bench.checkin") as telegram,
            served("checkin", url_of(0), PEOPLE + WARM, telegram.url) as server,
        ):
            found = telegram.tap(server)["checkin"]
        if name == "SQLite":
            yield measures.Figure(
                "taps of a check-in", found["taps"], "taps", f"wanted at most {MOST_TAPS}; Start, then one a question"
            )
            yield measures.Figure(
                "bytes from the phone",
                found["sent"],
                "bytes",
                "a check-in's updates, without the message that Telegram repeats in each",
            )
            yield measures.Figure(
                "bytes to the phone",
                found["received"],
                "bytes",
                "a check-in's messages and answers to taps, as Telegram is given them",
            )
            yield measures.Figure(
                "messages left after it", found["left"], "messages", "the thanks; they go at a time that she chooses"
            )
        yield measures.Figure(
            f"{name}: a tap, p99", found["p99"], "ms",
            f"{'wanted 50; ' if name == 'SQLite' else ''}p50 {found['p50']:.1f} ms, {found['n']:.0f} taps one at a time",
        )  # fmt: skip
        yield measures.Figure(
            f"{name}: a whole check-in", found["whole"] * 1000, "ms", "the server's part; half take less"
        )


async def main() -> None:
    telegram = Telegram()
    listening = await asyncio.start_server(telegram.calls, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    server = json.loads(await asyncio.to_thread(sys.stdin.read))
    telegram.port = server["port"]
    took: list[float] = []
    whole: list[float] = []
    counted: list[tuple[int, int, int, int]] = []
    for number, (chat, prompt) in enumerate(server["people"]):
        telegram.sent = telegram.received = 0
        telegram.chat = {1}
        hers = await one_check_in(Person(telegram, chat, prompt))
        await asyncio.sleep(0.02)  # what comes after the last question, and clears up
        if number >= WARM:
            took += hers
            whole.append(sum(hers))
            counted.append((len(hers), telegram.sent, telegram.received, len(telegram.chat)))
    taps, sent, received, left = (max(each) for each in zip(*counted, strict=True))
    found = {"taps": taps, "sent": sent, "received": received, "left": left, "n": len(took), "p50": wire.p(took, 50)}
    found |= {"p99": wire.p(took, 99), "whole": sorted(whole)[len(whole) // 2]}
    print(json.dumps({"checkin": found}), flush=True)


async def one_check_in(person: Person) -> list[float]:
    """Seconds that each of her taps took."""
    took = []
    while not person.done:
        begun = perf_counter()
        await person.tap()
        took.append(perf_counter() - begun)
    return took


if __name__ == "__main__":
    asyncio.run(main())
