"""The report on a tournament of policies as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from govsim.analysis.report.page import rendered
from govsim.analysis.report.sections import Part, ReportSection
from govsim.analysis.tables.table import Column, Table
from govsim.analysis.tournament import Standings, draw_tournament, standings_table
from govsim.config import Experiment
from govsim.config.yaml import to_yaml

_POLICIES = (Column(name="policy", place="stub"), Column(name="other", place="stub"))

_SOCIETIES = (
    *_POLICIES,
    Column(name="count", heading="members with it", kind="count"),
    Column(name="runs", kind="count"),
    Column(name="months", kind="number", digits=1),
    Column(name="survival_rate", heading="survival", kind="number"),
    Column(name="gain", kind="number", digits=1),
    Column(name="gain_other", heading="gain of others", kind="number", digits=1),
)

_INVASIONS = (
    Column(name="invader", place="stub"),
    Column(name="resident", place="stub"),
    Column(name="advantage", kind="number", digits=1),
    Column(name="low", heading="95 % from", kind="number", digits=1),
    Column(name="high", heading="to", kind="number", digits=1),
    Column(name="verdict", place="stub"),
)


def tournament_html(standings: Standings, experiment: Experiment, *, notes: Sequence[str] = ()) -> str:
    """Return a report on a tournament as one page of HTML that loads nothing.

    Args:
        standings: its results.
        experiment: its world and members.
        notes: further notes on the table of policies, one sentence each.
    """
    table = standings_table(standings, experiment, notes=notes)
    figure = draw_tournament(standings, members=len(experiment.society.members))
    found = (
        _section("policies", "Policies", Part(table=table, frame=table.frame, is_noted=True)),
        _section("payoffs", "Payoffs, invasions and shares", Part(pictures=(figure,))),
        _section("invasions", "Invasions", _invasions(standings)),
        _section("societies", "Societies", _societies(standings)),
        _section("experiment", "Experiment", Part(code=to_yaml(experiment.model_dump(mode="json")))),
    )
    return rendered("tournament", title=table.title, found=found)


def _section(name: str, title: str, part: Part) -> ReportSection:
    return ReportSection(name=name, title=title, parts=(part,))


def _invasions(standings: Standings) -> Part:
    table = Table(
        name="invasions",
        title="Invasions",
        columns=_INVASIONS,
        data=[asdict(one) for one in standings.invasions],
        notes=(
            "Units by which a single member with the policy of the invader gains more among residents than a member of "
            "a society of residents with the same seed, with its 95 % interval.",
        ),
    )
    return Part(table=table, frame=table.frame, is_noted=True)


def _societies(standings: Standings) -> Part:
    shown = standings.societies[[column.name for column in _SOCIETIES]]
    table = Table(
        name="societies",
        title="Societies",
        columns=_SOCIETIES,
        data=[{str(key): value for key, value in row.items()} for row in shown.to_dict("records")],
        notes=("Means over runs: societies of members with two policies, or with one; gain is in units per member.",),
    )
    return Part(table=table, frame=table.frame, is_noted=True)
