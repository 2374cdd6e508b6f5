"""`govsim tournament`: policies against each other in many societies of one or two policies."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from govsim.cli.console import say
from govsim.cli.options import Campaign, ModelOptions, Texts, check_page, figure_format
from govsim.cli.settings import settings_of
from govsim.config import Experiment
from govsim.errors import ConfigError

if TYPE_CHECKING:
    from govsim.analysis.tournament import Standings
    from govsim.game import Yardstick


def tournament(  # noqa: PLR0917 - one parameter for each option of the command
    what: Campaign,
    policy: Annotated[
        Texts,
        typer.Option(metavar="NAME", help="Policy, as in conditional:1.2. Repeatable.", show_default="all"),
    ] = [],  # noqa: B006
    runs: Annotated[int, typer.Option(min=1, help="Number of runs of each society.")] = 200,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the first run.", show_default="of the file, or 0")
    ] = None,
    sets: Annotated[
        Texts, typer.Option("--set", metavar="KEY=VALUE", help="Setting of the experiment. Repeatable.")
    ] = [],  # noqa: B006
    processes: Annotated[
        int | None, typer.Option(min=1, help="Number of processes.", show_default="processors")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw payoffs, invasions and shares (.png, .svg or .pdf).")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page with all tables and the figure.")
    ] = None,
    format: Annotated[  # noqa: A002  the option's name
        Literal["text", "json", "csv"], typer.Option("--format", metavar="text|json|csv", help="Output format.")
    ] = "text",
) -> None:
    """Simulate all societies of one policy and all mixtures of two, and show which policies prevail.

    The world and the members are those of a scenario or an experiment file; its agents are not used. No model is
    called. With csv, every society is listed; json also contains payoffs, invasions and replicator dynamics.

    Examples:

        govsim tournament fishery --policy fair-share --policy greedy --policy tit-for-tat --runs 20

        govsim tournament experiment.yaml --set world.growth=1.5 --figure tournament.png
    """
    from govsim.agents import PolicyAgent
    from govsim.analysis.settings import informed_notes
    from govsim.analysis.tournament import standings_of, standings_table
    from govsim.tournament import default_policies, play

    _check_files(report, figure)
    experiment = _experiment(what, sets, seed)
    policies = [name.removeprefix("policy:") for name in policy] or default_policies(experiment)
    members = len(experiment.society.members)
    informed = {name: facts for name in policies if (facts := PolicyAgent.facts(f"policy:{name}"))}
    with _showing_progress() as show:
        rows = play(experiment, policies, runs=runs, processes=processes or _processors(), listener=show)
    standings = standings_of(rows, _exploitability(experiment, policies))
    if format == "json":
        world = {"scenario": experiment.scenario, "members": members, "months": experiment.world.months}
        about = {**world, "runs": runs, "informed": informed}
        say(json.dumps(about | standings.to_json(), indent=2))
    elif format == "csv":
        say(standings.societies.to_csv(index=False).rstrip("\n"))
    else:
        from govsim.cli.table_output import say_table

        say_table(standings_table(standings, experiment, notes=informed_notes([informed])), "text")
    _write_files(report, figure, standings, experiment, informed_notes([informed]))


def _check_files(report: Path | None, figure: Path | None) -> None:
    """Reject files that cannot be written later."""
    if figure is not None:
        figure_format(figure)
    if report is not None:
        check_page(report, "--report")


def _write_files(
    report: Path | None, figure: Path | None, standings: Standings, experiment: Experiment, notes: Sequence[str]
) -> None:
    """Write the report and the figure, if they are requested, and print their paths."""
    from govsim.analysis.figures import write_file
    from govsim.analysis.report import tournament_html
    from govsim.analysis.tournament import draw_tournament

    if report is not None:
        write_file(report, tournament_html(standings, experiment, notes=notes).encode())
        say(str(report), err=True)
    if figure is not None:
        drawn = draw_tournament(standings, members=len(experiment.society.members))
        write_file(figure, drawn.content(figure_format(figure)))
        say(str(figure), err=True)


def _experiment(what: str, sets: Sequence[str], seed: int | None) -> Experiment:
    """Return the experiment of a scenario or a file, with members that need no model."""
    from govsim.jobs import plan_runs

    agents = {"agents.default": "policy:fair-share", "seed": seed}
    settings = settings_of(ModelOptions(sets=list(sets)), what, options=agents, execution={"runs": 1})
    jobs = plan_runs(settings.experiment, settings.execution)
    if len(jobs) > 1:
        raise ConfigError(f"{what}: has a grid of {len(jobs)} cells; a tournament needs one world, without a grid")
    return jobs[0].header.experiment


def _exploitability(experiment: Experiment, policies: Sequence[str]) -> dict[str, Yardstick]:
    """Return the exploitability of each policy."""
    from govsim.tournament import exploitability_of

    return {name: exploitability_of(experiment, f"policy:{name}") for name in policies}


@contextmanager
def _showing_progress() -> Iterator[Callable[[int, int], None]]:
    """Show the number of simulated societies on one line of the terminal, which disappears at the end."""

    def show(done: int, societies: int) -> None:
        write(f"{done:,} of {societies:,} societies")

    def write(text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        write("")


def _processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
