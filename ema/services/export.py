"""A study's data as files: labelled tables, their codebook and a README."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ema import exports
from ema.domain.errors import EmaError
from ema.exports import asking
from ema.exports.base import DataSet, MediaFile, no_media
from ema.exports.instruments import Instruments, instruments
from ema.exports.media import FOLDER, file_name
from ema.exports.shared import Shared
from ema.exports.tables import tables
from ema.services import frames
from ema.services.installation import Installation
from ema.store import audit, studies, views


class UnknownFormat(EmaError):
    status = 422


def export(
    here: Installation,
    study_id: str,
    format_: str,
    out_dir: Path,
    *,
    to_share: Random | None = None,
    actor: str = "installation",
) -> list[Path]:
    """Write the study into `out_dir` and note it in the audit. Returns the files.

    `to_share`: the edition that may leave the study, with what is drawn for it. Raises UnknownFormat, TooFew.
    """
    if format_ not in exports.FORMATS:
        raise UnknownFormat(f"“{format_[:20]}” is not a format; there are {', '.join(exports.FORMATS)}.")
    now = here.clock.now()
    with here.database.reading() as session:
        study = studies.get(session, study_id)
        protocols = frames.protocols(session, study_id)
        newest, columns = protocols[-1], instruments(protocols)
        stored = frames.StoredStudy(session, here.vault, study_id, columns.protocols)
        source = stored if to_share is None else Shared(stored, columns, to_share)
        data = DataSet(
            study_id=study_id,
            title=study.title,
            study_state=study.state,
            protocol_version=newest.version,
            protocol_sha256=newest.sha256(),
            days=newest.days,
            prompts_a_day=frames.slots_a_day(newest),
            generated_at=now,
            data_version=hashlib.sha256(repr(views.fingerprint(session, study_id)).encode()).hexdigest()[:16],
            simulated=any(row.simulated for row in views.people(session, study_id)),
            tables=tables(source, columns),
            series=columns.series(),
            orders={form.id: asking.order(form) for form in columns.questionnaires.values()},
            shared=to_share is not None,
            media=no_media if to_share else lambda: _media(stored, columns),
        )
        files = exports.write(data, format_, out_dir)
    with here.database.transaction() as session:
        audit.append(
            session,
            now,
            actor,
            f"exported{' to share' if to_share else ''} as {format_}{_sent(files, columns)}",
            f"study:{study_id}",
        )
    return files


def _media(source: frames.StoredStudy, columns: Instruments) -> Iterator[MediaFile]:
    for participant, record, body in source.media():
        name = file_name(participant, record, columns)
        if name is not None:
            yield MediaFile(name, body)


def _sent(files: list[Path], columns: Instruments) -> str:
    """How many recordings and pictures went with it, where the study asks for any."""
    if not any(item.sent for item in columns.items):
        return ""
    return f" with {sum(file.parent.name == FOLDER for file in files)} media"


def zipped(here: Installation, study_id: str, format_: str, *, actor: str, to_share: Random | None = None) -> IO[bytes]:
    """The same as one zip. The file has no name: it is gone from the disk when it is closed, or the process ends."""
    archive = tempfile.TemporaryFile(prefix="ema-export-")  # noqa: SIM115 - the caller closes it
    try:
        with tempfile.TemporaryDirectory(prefix="ema-export-") as folder:
            files = export(here, study_id, format_, Path(folder), to_share=to_share, actor=actor)
            stamp = here.clock.now().timetuple()[:6]
            with ZipFile(archive, "w", ZIP_DEFLATED) as out:
                for file in files:
                    entry = ZipInfo(f"{study_id}/{file.relative_to(folder).as_posix()}", stamp)
                    entry.compress_type = ZIP_DEFLATED
                    with file.open("rb") as content, out.open(entry, "w") as into:
                        shutil.copyfileobj(content, into)
    except BaseException:
        archive.close()
        raise
    archive.seek(0)
    return archive
