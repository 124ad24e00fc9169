"""README.txt of an export: what lies here, what the denominators are, and what the codes mean."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Final

from ema.exports.base import DataSet
from ema.exports.columns import STATES, STATUSES

SIMULATED: Final = "SIMULATED: these people do not exist. Virtual participants answered by a stated model.\n\n"

SHARED: Final = """\
The edition to share. Pseudonyms and the numbers of prompts are new and can't be joined with another edition. The
dates of each person are moved by a number of whole weeks that is drawn for her and kept nowhere; weekdays, study
days, clock times and what lies between two times of one prompt are as they were. All times are her own clock's,
written as UTC; between two prompts on both sides of a change of the clocks an hour is missing or too much.
Recordings, pictures, places, dates and words of one's own are withheld, and so is, outside of scores, each choice
and number that fewer than ten persons ever gave: there the status is answered and the value empty. In the table of
participants "few" stands for what fewer than ten persons share. This lowers the risk that somebody is found, and
doesn't end it: pass it on under an agreement.

"""

WORDS: Final = """\
Study {study}, protocol version {version} ({sha256}), {state}
Written {generated} (UTC, the study's clock) as {format}
Data version {data_version}: equal versions hold equal rows

{simulated}{shared}Files
{files}
codebook: every column with its label, type, units, value labels, source, wording and scoring rule; of an item also
when it comes up and the number that stands for it in the names of files
media: recordings and pictures, if there are any, as <participant>_<prompt>_<item number>; one that replaced an
earlier one has its revision behind that. Voices and faces are no pseudonyms. Write each export into a new folder: what
an earlier one left in this one stays.

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

Order of the items
{orders}
Random orders and draws differ from prompt to prompt; the table of answers has the place of each item in each prompt.

Status of an item
{statuses}
What was stored when the prompt closed stands here; of one that is still open, what it would be now. In the table of
check-ins an item that has no answer is empty, and its _status says why. Both columns are empty where the item did not
belong to that prompt. Where an earlier answer was changed so that an item is no longer asked, the item is empty with
the status not_shown; what she had said to it is in answers_all.
Hidden items are worked out from answers and never shown. Where several may be chosen, one column has all that were
chosen, with semicolons between, and each option has a column with 1 and 0. Of a fact that is asked once, a later
prompt holds what she confirmed or changed.

Scores
The number of answered items always goes with a score (n_items, or the column ending in _n). A band is the label of a
published cut-off, and no diagnosis. Trends use counted prompts only.
A slider and a row of buttons are not the same measure: mode says which one a score comes from, and a score of both
has no value. Trends use the one that most of the study's scores come from.
{baseline}

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
        shared=SHARED if data.shared else "",
        files="\n".join(f"{table.name}: {table.title}" for table in data.tables),
        tests=tests,
        states=_listed(STATES),
        statuses=_listed(STATUSES),
        orders="\n".join(f"{name}: {words}" for name, words in data.orders.items()),
        baseline=fill(f"{_rule_of_change(data)}.", width=118),
    )
    path.write_text(words, encoding="utf-8")
    return path


def _rule_of_change(data: DataSet) -> str:
    return next(column.rule for column in data.table("scores").columns if column.name == "change")


def _listed(labels: dict[int | str, str]) -> str:
    return "\n".join(f"{value!s:<12} {words}" for value, words in labels.items())
