"""The command line: `ema`, or `python -m ema`. Exit 0: done, 1: refused, with one clear line, 2: wrong usage."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer
from pydantic import ValidationError

from ema.commands import (
    analyse,
    care,
    dead,
    demo,
    export,
    form,
    report,
    run,
    schedule,
    schema,
    score,
    simulate,
    staff,
    studies,
    study,
)
from ema.domain.errors import EmaError

app = typer.Typer(
    name="ema",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Ecological momentary assessment: check-ins by chat, trends from answers.",
)

study.app.command("schema")(schema.schema)
study.app.command("load")(studies.load)
study.app.command("export")(studies.export)
study.app.command("move")(studies.move)
study.app.command("open")(studies.open_)
study.app.command("close")(studies.close)
app.add_typer(study.app, name="study")
app.add_typer(form.app, name="form")
app.add_typer(schedule.app, name="schedule")
app.add_typer(staff.app, name="staff")
app.add_typer(dead.app, name="dead")
VERBS: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "serve": run.serve,
    "web": run.web,
    "worker": run.worker,
    "poll": run.poll,
    "migrate": run.migrate,
    "simulate": simulate.simulate,
    "invite": studies.invite,
    "score": score.score,
    "export": export.export,
    "report": report.report,
    "analyse": analyse.analyse,
    "doctor": care.doctor,
    "backup": care.backup,
    "restore": care.restore,
}
for name, verb in VERBS.items():
    app.command(name)(verb)


def main() -> None:
    """Run a command; a refusal is one clear line on stderr."""
    try:
        app()
    except EmaError as refused:
        print(refused, file=sys.stderr)
        sys.exit(1)
    except ValidationError as wrong:  # of the settings: everything else is validated where it is read
        for error in wrong.errors():
            print(f"EMA_{str(error['loc'][0]).upper()}: {error['msg']}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
