"""Export of trajectories as JSON Lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govsim.analysis.trajectories.formats import FORMATS
from govsim.analysis.trajectories.rows import Credit, ExcludedAnswers, TrajectorySource
from govsim.errors import AnalysisError
from govsim.journal import Broken


@dataclass(frozen=True, kw_only=True)
class WrittenTrajectories:
    """The result of an export.

    Attributes:
        records: number of records written; without any, there is no new file.
        excluded: what is not data.
        format: the format.
    """

    records: int
    excluded: ExcludedAnswers
    format: str

    @property
    def nothing(self) -> str:
        """Why there are no records."""
        if self.format == "dpo":
            return (
                "no harvest question was answered with different amounts and a known value; run the same experiment "
                "and seeds several times with a temperature above 0"
            )
        return "no answers of language models in finished runs"


def write_trajectories(
    folder: Path,
    file: Path,
    format: str = "jsonl",  # noqa: A002
    *,
    reward: Credit = "return_own",
    discount: float = 1.0,
    broken: Broken | None = None,
) -> WrittenTrajectories:
    """Write the answered questions of runs as JSON Lines; a file of the same name is replaced only as a whole.

    Journals are read one after the other, and several times if a format compares answers.

    Args:
        folder: a folder of journals, or one journal.
        file: the file.
        format: one of `FORMATS`.
        reward: the column that is the reward in the format `grpo`.
        discount: weight of a unit in relation to one a month earlier, 0 to 1.
        broken: called with the error of each unreadable journal, which is skipped; when None, the error is raised.

    Raises:
        AnalysisError: an argument is invalid, there is nothing to write, or the file cannot be written.
        JournalError: there are no journals.
    """
    if format not in FORMATS:
        raise AnalysisError(f"format = {format}: must be one of {', '.join(FORMATS)}")
    if not 0 <= discount <= 1:
        raise AnalysisError(f"discount = {discount:g}: must be from 0 to 1")
    if folder.is_dir() and file.resolve().is_relative_to(folder.resolve()):
        raise AnalysisError(
            f"{file}: is in the folder of the journals, and would be read as one; choose another folder"
        )
    source = TrajectorySource(folder, discount, broken)
    records = _write(file, FORMATS[format](source.rows, reward))
    return WrittenTrajectories(records=records, excluded=source.excluded, format=format)


def _write(file: Path, records: Iterator[Mapping[str, Any]]) -> int:
    unfinished, count = file.with_name(f"{file.name}.{os.getpid()}"), 0
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8", errors="replace") as lines:
            for record in records:
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")
                count += 1
        if count:
            unfinished.replace(file)
    except OSError as error:
        raise AnalysisError(f"{file}: cannot be written: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return count
