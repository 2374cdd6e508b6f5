"""From journals to frames: everything that was measured, as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from govsim.analysis.frames.columns import DECISIONS, MEMBERS, MONTHS, layouts, runs_layout, typed_frame
from govsim.analysis.measures import SURVIVAL_TIME, Harvests, all_measures, gains, over_usage, over_usage_granted
from govsim.analysis.requests import not_sent, price_sources, requests_hash, served_models
from govsim.analysis.runs import (
    RunMeasures,
    harvests_of,
    is_imported,
    measures_of,
    run_kinds,
    total_cost,
    total_tokens,
    unread,
)
from govsim.analysis.table import cell_hash, flat_settings
from govsim.errors import AnalysisError
from govsim.journal import Agreement, Broken, Call, Harvest, Journal, read_each, read_journal

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[object, ...]

Rows = Mapping[str, Sequence[Row]]
"""Rows by the name of their frame."""


def frame_kinds() -> tuple[str, ...]:
    """The kinds of line that frames are made from."""
    return (*run_kinds(), "agreement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """All runs below a folder as tidy frames; `govsim.analysis.frames.layouts` describes their columns.

    Attributes:
        runs: one row for each run.
        members: one row for each member of each run.
        months: one row for each month of each run.
        decisions: one row for each member that was present in a month.
        unknown: events of each kind that no installed package defines.
    """

    runs: pd.DataFrame
    members: pd.DataFrame
    months: pd.DataFrame
    decisions: pd.DataFrame
    unknown: Mapping[str, int] = field(default_factory=dict)


class FrameBuilder:
    """Puts frames together from journals, one after the other, so that each is read once and none is kept.

    Args:
        folder: the folder that paths are made relative to.
        from_month: the first month that gain, efficiency and equality count.
    """

    def __init__(self, folder: Path, *, from_month: int = 1) -> None:
        self._folder = folder
        self._from_month = from_month
        self._rows: dict[str, list[Row]] = {layout.name: [] for layout in layouts()}
        self._unknown: Counter[str] = Counter()

    def add(self, journal: Journal) -> RunMeasures:
        """Take in the rows of one run, and give back its measures.

        Args:
            journal: with its lines of `frame_kinds` at least.

        Raises:
            JournalError: the journal contradicts itself; nothing of it is taken in.
            AnalysisError: `from_month` is below 1.
        """
        run, harvests = measures_of(journal, from_month=self._from_month), harvests_of(journal)
        keys = _keys(run, self._folder)
        rows = {
            "runs": [(*keys, *_of_run(run))],
            "members": [(*keys, *row) for row in _of_members(run, harvests, self._from_month)],
            "months": [(*keys, *row) for row in _of_months(journal)],
            "decisions": [(*keys, *row) for row in _of_decisions(journal)],
        }
        for name, some in rows.items():
            self._rows[name] += some
        self._unknown.update(run.unknown)
        return run

    @property
    def rows(self) -> Rows:
        """All that was taken in, as rows: what `add_rows` of another builder takes."""
        return {name: tuple(some) for name, some in self._rows.items()}

    def add_rows(self, rows: Rows) -> None:
        """Take in what another builder has read.

        Args:
            rows: of that builder; those of frames that are left out are missing in `frames` too.
        """
        for name, some in rows.items():
            self._rows[name] += some

    def frames(self) -> Frames:
        """All that was taken in."""
        return Frames(
            runs=typed_frame(runs_layout(), self._rows["runs"]),
            members=typed_frame(MEMBERS, self._rows["members"]),
            months=typed_frame(MONTHS, self._rows["months"]),
            decisions=typed_frame(DECISIONS, self._rows["decisions"]),
            unknown=self._unknown,
        )


def read_frames(folder: Path, *, from_month: int = 1, broken: Broken | None = None) -> Frames:
    """Read every run below a folder into frames, in the order of their paths.

    Args:
        folder: where the journals lie, at any depth.
        from_month: the first month that gain, efficiency and equality count.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        JournalError: there is no journal there, or none that can be read; names file and line.
        AnalysisError: `from_month` is below 1.
    """
    builder = FrameBuilder(folder, from_month=from_month)
    read_each(folder, lambda path: builder.add(read_journal(path, kinds=frame_kinds())), broken)
    return builder.frames()


def runs_frame(
    runs: Iterable[RunMeasures], folder: Path | None = None, *, settings: Sequence[str] = ()
) -> pd.DataFrame:
    """Measured runs as the frame of runs.

    Args:
        runs: as `read_runs` gives them.
        folder: the folder that paths are made relative to; as they are when None.
        settings: keys of the experiment, as in `world.growth`, that become further columns of text; missing where a
            run has none.

    Raises:
        AnalysisError: no run has one of the settings.
    """
    import pandas as pd

    measured = list(runs)
    frame = typed_frame(runs_layout(), ((*_keys(run, folder), *_of_run(run)) for run in measured))
    for key in settings:
        values = [flat_settings(run.experiment, run.experiment.society.members).get(key) for run in measured]
        if all(value is None for value in values):
            raise AnalysisError(f"{key}: is no column of the frame of runs, and no run has such a setting")
        frame[key] = pd.Series([None if value is None else str(value) for value in values], dtype="string")
    return frame


def cell_of(run: RunMeasures) -> str:
    """Eight hexadecimal digits that stand for everything that decides a run's result but its seed."""
    return cell_hash(run.experiment, run.scenario, run.society, run.prompts)


def _keys(run: RunMeasures, folder: Path | None) -> Row:
    path = run.path
    if folder is not None:
        path = path.relative_to(folder.parent if folder == path else folder)
    counting = (run.status, run.is_counted, run.counting.is_censored)
    return (path.as_posix(), run.scenario, run.condition, run.society, run.seed, *counting)


def _of_run(run: RunMeasures) -> Row:
    lifetime = run.values.get(SURVIVAL_TIME)
    observed = run.months if lifetime is None else lifetime
    what = (run.model, run.agent, run.prompts, run.wording, cell_of(run))
    lived = (run.experiment.world.months, run.months, run.status == "collapsed", observed)
    measured = (run.values.get(measure.name) for measure in all_measures())
    asked = (run.invalid, run.forfeited, run.tokens, run.cost)
    sent = (price_sources(run), served_models(run), not_sent(run), requests_hash(run))
    return (*what, *lived, *measured, run.from_month, *asked, *sent, run.is_imported)


def _of_members(run: RunMeasures, harvests: Harvests, from_month: int) -> Iterator[Row]:
    received, asked, thresholds = harvests.received, harvests.asked, harvests.member_thresholds
    present = ~np.isnan(received)
    gained = gains(received, from_month)
    for column, name in enumerate(harvests.members):
        of_one = (asked[:, [column]], received[:, [column]])
        asked_above, granted_above = over_usage(of_one[0], thresholds), over_usage_granted(*of_one, thresholds)
        lost = int((present[:, column] & np.isnan(asked[:, column])).sum())
        forfeited = None if run.is_imported else lost
        shares = (gained[column], asked_above, granted_above) if run.is_counted else (None, None, None)
        yield (*_member(run, name), int(present[:, column].sum()), forfeited, *shares)


def _member(run: RunMeasures, name: str) -> Row:
    experiment = run.experiment
    agent, joins = experiment.agent_of(name), experiment.member(name).joins
    return (name, agent, run.models.get(name), joins)


def _of_months(journal: Journal) -> Iterator[Row]:
    calls: dict[int, list[Call]] = {}
    for call in journal.of(Call):
        calls.setdefault(call.month, []).append(call)
    limits = {one.month: one.limit for one in journal.of(Agreement) if one.limit is not None}
    for harvest in journal.of(Harvest):
        asking = calls.get(harvest.month, [])
        levels = (harvest.stock_before, harvest.threshold, harvest.member_threshold)
        amounts = (sum(harvest.asked.values()), sum(harvest.granted.values()))
        left = (harvest.stock_after_harvest, harvest.stock_after_growth, harvest.is_collapsed)
        spent = (unread(asking), total_tokens(asking), total_cost(asking))
        what = (harvest.month, len(harvest.granted), *levels, *amounts, *left)
        if is_imported(journal):
            yield (*what, None, limits.get(harvest.month), None, None, None)
        else:
            yield (*what, len(harvest.invalid), limits.get(harvest.month), *spent)


def _of_decisions(journal: Journal) -> Iterator[Row]:
    for harvest in journal.of(Harvest):
        threshold = harvest.member_threshold
        for name, received in harvest.granted.items():
            asked = harvest.asked.get(name)
            above = (None, None) if asked is None else (asked > threshold, received > threshold)
            is_forfeited = None if is_imported(journal) else asked is None
            yield (harvest.month, name, asked, received, threshold, is_forfeited, *above)
