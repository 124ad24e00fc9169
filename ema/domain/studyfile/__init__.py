"""Study and questionnaire files as researchers write them: read, checked, every mistake with its file and line.

A study file lists its questionnaires by id. Each is `<id>.yaml` in the study's folder or in the folder above, and
becomes part of the `Protocol`, which then stands alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from ema.domain.errors import Finding, InvalidStudy
from ema.domain.protocol import Protocol
from ema.domain.questionnaire import Questionnaire
from ema.domain.studyfile import licensed, plain, rules
from ema.domain.studyfile.marked import Data, Marked, folders, read, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ema.domain.studyfile.marked import Place

__all__ = ["load_questionnaire", "load_study", "validate", "validate_text"]

Model = TypeVar("Model", bound=BaseModel)


def load_study(path: Path) -> Protocol:
    """The study as one self-contained document. Raises InvalidStudy with every finding."""
    protocol, findings = _study(read(path), path)
    if findings or protocol is None:
        raise InvalidStudy(findings)
    return protocol


def validate(path: Path) -> list[Finding]:
    """Everything that is wrong with the study file, then with the questionnaires it lists. Empty when all is sound."""
    return _study(read(path), path)[1]


def validate_text(text: str, name: str, path: Path) -> list[Finding]:
    """The same for text that is in no file: as if it stood at `path`, under `name`."""
    return _study(read_text(text, name), path)[1]


def load_questionnaire(path: Path) -> Questionnaire:
    """One questionnaire by itself. Raises InvalidStudy with every finding."""
    marked = read(path)
    if licensed.is_licensed(marked):
        licensed.without_words(marked)
    questionnaire = _model(marked, marked.data, Questionnaire)
    if questionnaire is not None and not marked.findings:
        marked.findings += rules.questionnaire(marked, questionnaire, path.stem)
    if marked.findings or questionnaire is None:
        raise InvalidStudy(marked.findings)
    return questionnaire


def _study(study: Marked, path: Path) -> tuple[Protocol | None, list[Finding]]:
    if study.findings and study.data is None:
        return None, study.findings
    if not isinstance(study.data, dict):
        return None, [Finding(study.file, 1, "", "must be fields with names, such as “id: my_study”")]
    if "items" in study.data and "schedules" not in study.data:
        return None, [Finding(study.file, 1, "", "is a questionnaire; name the study file that lists it")]
    files: dict[str, Marked] = {}
    questionnaires: dict[str, Questionnaire] = {}
    for place, questionnaire_id in enumerate(_listed(study)):
        file = _beside(path, questionnaire_id)
        if file is None:
            study.findings.append(
                study.finding(
                    ("questionnaires", place),
                    f"there is no {questionnaire_id}.yaml in the study's folder or the one above; "
                    "add the file or mend the name",
                )
            )
            continue
        marked = files[questionnaire_id] = read(file)
        if licensed.is_licensed(marked):
            _add_words(study, ("questionnaires", place), marked, path, questionnaire_id)
        questionnaire = _model(marked, marked.data, Questionnaire)
        if questionnaire is not None:
            questionnaires[questionnaire_id] = questionnaire
            marked.findings += rules.questionnaire(marked, questionnaire, questionnaire_id)
    embedded: dict[str, Data] = {
        **study.data,
        "questionnaires": {name: json.loads(q.model_dump_json()) for name, q in questionnaires.items()},
    }
    protocol = _model(study, embedded, Protocol)
    findings = [*study.findings, *_all(files.values())]
    if protocol is not None and not findings:
        findings = list(rules.study(study, files, protocol))
    findings.sort(key=lambda finding: (finding.file != study.file, finding.file, finding.line or 0))
    return protocol, findings


def _add_words(study: Marked, listed: Place, marked: Marked, path: Path, questionnaire_id: str) -> None:
    """The words of a licensed instrument, from the file that whoever holds the licence has written."""
    file = licensed.beside(path, questionnaire_id)
    if file is None:
        study.findings.append(
            study.finding(
                listed,
                f"{questionnaire_id} comes without its words, since its licence does not let them be passed on; get a "
                f"licence, and write the words into {questionnaire_id}.wording.yaml in the study's folder "
                "(questionnaires/README.md shows how)",
            )
        )
    else:
        words = read(file)
        if _model(words, words.data, licensed.Wording) is not None:
            licensed.merge(marked, words)
        marked.findings += words.findings
    licensed.without_words(marked)


def _model(marked: Marked, data: Data, model: type[Model]) -> Model | None:
    """Strict, as JSON: a number is not text, a yes is not a number, a list is a list."""
    if marked.data is None:
        if not marked.findings:
            marked.findings.append(Finding(marked.file, 1, "", "must be fields with names, such as “id: my_set”"))
        return None
    try:
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        marked.findings += plain.findings(marked, error.errors(), model)
        return None


def _listed(study: Marked) -> list[str]:
    assert isinstance(study.data, dict)
    listed = study.data.get("questionnaires")
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
        study.findings.append(
            study.finding(("questionnaires",), "must be a list of questionnaire ids, each on a line with “- ”")
        )
        return []
    names = [name for name in listed if isinstance(name, str)]
    if len(set(names)) < len(names):
        study.findings.append(study.finding(("questionnaires",), "names a questionnaire twice; keep one"))
    return list(dict.fromkeys(names))


def _beside(study: Path, questionnaire_id: str) -> Path | None:
    if not questionnaire_id.replace("_", "a").isalnum():
        return None
    candidates = [folder / f"{questionnaire_id}.yaml" for folder in folders(study)]
    return next((file for file in candidates if file != study and file.is_file()), None)


def _all(files: Iterable[Marked]) -> list[Finding]:
    return [finding for marked in files for finding in marked.findings]
