"""README.txt of an export: what lies here, what the denominators are, and what the codes mean."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ema.exports.base import DataSet
from ema.exports.columns import STATES, STATUSES

SIMULATED: Final = "SIMULATED: these people do not exist. Virtual participants answered by a stated model.\n\n"

WORDS: Final = """\
Study {study}, protocol version {version} ({sha256}), {state}
Written {generated} (UTC, the study's clock) as {format}
Data version {data_version}: equal versions hold equal rows

{simulated}Files
{files}
codebook: every column with its label, type, units, value labels, source, wording and scoring rule

Participants appear by pseudonym. Names, addresses and contact data are in no file.
{tests}

Rows
The table of prompts has one row for every planned prompt, answered or not. Columns that end in _at are UTC; columns
that end in _local are the participant's local time with its offset. study_day and local_date follow the participant's
own study day, which may begin in the afternoon: a night belongs to the day before.

States of a prompt
{states}

Denominators (counted prompts only, counts = 1; baseline, exit, practice and check-ins that she started herself never
count)
answered     completed + partial; a partial answer counts
planned      every counted prompt that has a final state, except cancelled
delivered    completed + partial + declined + missed: those that Telegram accepted
no pauses    planned without paused
asked        planned without paused and quiet
Compliance is answered of each of these four; none of them is the right one for every question, so all are reported.

Status of an item
{statuses}
In the table of check-ins an item that has no answer is empty, and its _status says why. Both columns are empty where
the item did not belong to that prompt.

Scores
No cut-offs are given. The number of answered items always goes with a score (n_items, or the column ending in _n).
Trends use counted prompts only.

Answers are not clinically monitored: nobody reads them as they come in.
"""


def write_readme(data: DataSet, format_: str, folder: Path) -> Path:
    path = folder / "README.txt"
    tests = (
        "The study is piloting: everybody in these files joined as a test (test = 1)."
        if data.study_state == "piloting"
        else "Those who joined as a test, while the study was piloting, are left out."
    )
    words = WORDS.format(
        study=data.study_id,
        version=data.protocol_version,
        sha256=data.protocol_sha256[:12],
        state=data.study_state,
        generated=data.generated_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        format=format_,
        data_version=data.data_version,
        simulated=SIMULATED if data.simulated else "",
        files="\n".join(f"{table.name}: {table.title}" for table in data.tables),
        tests=tests,
        states=_listed(STATES),
        statuses=_listed(STATUSES),
    )
    path.write_text(words, encoding="utf-8")
    return path


def _listed(labels: dict[int | str, str]) -> str:
    return "\n".join(f"{value!s:<12} {words}" for value, words in labels.items())
