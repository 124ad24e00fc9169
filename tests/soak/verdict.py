"""What a soak has shown: the promises that were broken, and the figures."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from tests.soak.soak import design

GRACE = timedelta(minutes=11)


def breaches(soak):
    """Everything that should not be so, a line each."""
    found = []
    stored = soak.stored.answers()
    for someone in soak.people:
        for given in someone.acknowledged:
            values = stored.get((given.prompt, given.item), [])
            if values != [given.value]:
                found.append(f"{given} was acknowledged, and {values or 'nothing'} is stored")
    found += soak.stored.badly_planned(len(design().schedules[0].times))
    found += [
        f"prompt {row.id} is over and still {row.state}" for row in soak.stored.unfinished(soak.clock.now(), GRACE)
    ]
    for (chat, prompt), times in soak.wires.notes.items():
        for one, again in pairwise(times):
            if not any(one <= killed <= again for killed in soak.killed_at):
                found.append(f"chat {chat} got the note of prompt {prompt} again without a kill")
    if soak.sandbox.violations:
        found += soak.sandbox.violations
    if code := soak.once_alone("doctor"):
        found.append(f"doctor ended with {code}: {soak.log()}")
    return found


def figures(soak):
    copies = [len(times) for times in soak.wires.notes.values()]
    return {
        "kills": soak.kills.total(),
        "taps": sum(someone.taps for someone in soak.people),
        "answers acknowledged": sum(len(someone.acknowledged) for someone in soak.people),
        "answers refused as too late": sum(len(someone.refused) for someone in soak.people),
        "answers stored": sum(map(len, soak.stored.answers().values())),
        "notes sent": sum(copies),
        "notes sent twice": sum(copies) - len(copies),
        "most copies of one note": max(copies, default=0),
    }
