"""Where runs come from: versions, prompts, execution settings, and why they did not finish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from govsim.analysis.settings import prompts_sha256
from govsim.config import DeclaredAnalysis
from govsim.journal import Imported, Journal, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The origin of a run: versions, and why it did not finish.

    Attributes:
        path: its journal, relative to the folder that was read.
        versions: versions of govsim, Python and the packages that can change a result.
        git_revision: the revision of govsim's source; None if it was not a checkout.
        reason: why it did not finish; None if it did, or if the reason is unknown.
        imported: the source of an imported journal, and what it does not record; None for a run of govsim.
        prompts: SHA-256 hash of everything that determines its prompts.
        prompts_version: version of govsim's own prompts.
        plugins: versions of the plug-ins in use, by package.
        execution: execution settings of the last session; empty if they are not recorded.
        analysis: how results will be compared, as declared before the run; None if it was not.
    """

    path: str
    versions: Mapping[str, str]
    git_revision: str | None
    reason: str | None
    imported: Imported | None
    prompts: str = ""
    prompts_version: int = 1
    plugins: Mapping[str, str] = field(default_factory=dict)
    execution: Mapping[str, Any] = field(default_factory=dict)
    analysis: DeclaredAnalysis | None = None


def origin_of(journal: Journal, name: str) -> Origin:
    """Return the origin of a run.

    Args:
        journal: its journal, read with any kinds of event.
        name: its path, relative to the folder that was read.
    """
    header, sessions = journal.header, list(journal.of(Session))
    return Origin(
        path=name,
        versions=header.versions,
        git_revision=header.git_revision,
        reason=journal.end.reason if journal.end else None,
        imported=header.imported,
        prompts=prompts_sha256(header.scenario),
        prompts_version=header.prompts_version,
        plugins=header.plugins,
        execution=sessions[-1].execution if sessions else {},
        analysis=header.analysis,
    )
