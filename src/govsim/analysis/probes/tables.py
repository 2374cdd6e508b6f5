"""The results of contamination probes as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govsim.analysis.costs import request_notes
from govsim.analysis.intervals import rate_interval
from govsim.analysis.probes.reading import ProbeStudy
from govsim.analysis.settings import differing, short_name
from govsim.analysis.tables.cells import broken_note, toy_notes
from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import shortened
from govsim.journal import FINISHED

_SCORING = (
    "Recognized: the share of readable answers that contain an expected name, or equal the expected number, with its "
    "exact 95 % interval (Clopper and Pearson 1934). No judge is involved. The description contains no names and no "
    "numbers of the paper; round numbers can be guessed, so compare with a scenario that is not in the paper, such as "
    "reeds."
)
_LONGEST_ANSWER = 60


def probes_table(studies: Sequence[ProbeStudy], *, broken: int = 0) -> Table:
    """Return the share of recognizing answers of each model to each question.

    Args:
        studies: the probes.
        broken: the number of unreadable journals, which are in no row.
    """
    shown = sorted(differing([study.settings for study in studies]))
    return Table(
        name="probe",
        title="Recognition of the paper's experiment",
        columns=(
            Column(name="model", place="label"),
            Column(name="scenario", place="label"),
            Column(
                name="settings",
                kind="settings",
                place="label",
                of=lambda row: {short_name(key): value for key, value in row["settings"].items()},
            ),
            Column(name="question", place="stub"),
            Column(name="recognized", unit="%", kind="estimate"),
            Column(name="answers", heading="readable answers", kind="count", of=lambda row: row["recognized"]["n"]),
            Column(name="unreadable", kind="count"),
            Column(name="expected", place="remark", is_named=True),
            Column(name="answer", heading="first answer", place="remark", is_named=True),
            Column(name="state", place="remark", of=lambda row: "unfinished" if row["unfinished"] else None),
        ),
        data=[row for study in studies for row in _rows(study, shown)],
        notes=tuple(_notes(studies, broken)),
    )


def _rows(study: ProbeStudy, shown: Sequence[str]) -> Iterator[Row]:
    for question in dict.fromkeys(one.purpose for one in study.answers):
        answers = [one for one in study.answers if one.purpose == question]
        readable = [one.answer for one in answers if one.answer is not None]
        yield {
            "path": study.path,
            "model": study.model,
            "scenario": study.scenario,
            "settings": {key: study.settings.get(key) for key in shown},
            "question": question,
            "recognized": rate_interval(one.is_recognized for one in answers).to_json(),
            "unreadable": len(answers) - len(readable),
            "expected": " or ".join(answers[0].expected),
            "answer": shortened(" ".join(readable[0].split()), _LONGEST_ANSWER) if readable else None,
            "unfinished": study.status not in FINISHED,
        }


def _notes(studies: Sequence[ProbeStudy], broken: int) -> Iterator[str]:
    yield _SCORING
    if any(study.status not in FINISHED for study in studies):
        yield "Unfinished studies are shown with the answers so far. Repeat the command to continue them."
    if broken:
        yield broken_note(broken)
    yield from request_notes(request for study in studies for request in study.requests)
    yield from toy_notes(study.model for study in studies)
