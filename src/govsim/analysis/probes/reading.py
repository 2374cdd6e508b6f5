"""Reads the answers of models from the journals of contamination probes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from govsim.config import flattened
from govsim.journal import Probing, Recognition, RequestLine, RunStatus, StudyJournal, status_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeStudy:
    """The probe of one model with the description of one scenario, from one journal.

    Attributes:
        path: the journal, relative to the folder that was read.
        scenario: the scenario's name.
        model: the model.
        settings: the settings of the model, by dotted key.
        status: how the study ended, or `running` or `killed`.
        answers: the answers, in the order of questions and samples.
        requests: what was sent to the model besides the questions; empty if not recorded.
    """

    path: str
    scenario: str
    model: str
    settings: Mapping[str, JsonValue]
    status: RunStatus
    answers: tuple[Recognition, ...]
    requests: tuple[RequestLine, ...]


def probe_study_of(journal: StudyJournal, name: str) -> ProbeStudy | None:
    """Return the probe in a journal; None for another study.

    Args:
        journal: the journal, with its events of kind `recognition` and `request` at least.
        name: its name.
    """
    header = journal.header
    if not isinstance(header.subject, Probing):
        return None
    models = header.models.model_dump(mode="json", exclude={"default"})
    return ProbeStudy(
        path=name,
        scenario=header.scenario.name,
        model=header.model,
        settings={key: value for key, value in flattened(models) if value is not None and value != {}},
        status=status_of(journal),
        answers=tuple(sorted(journal.of(Recognition), key=lambda one: (one.purpose, one.ordinal))),
        requests=tuple(journal.of(RequestLine)),
    )
