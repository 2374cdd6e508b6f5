"""`govsim game`: show the optimum, the equilibrium and other yardsticks of an experiment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from govsim import game as yardsticks_of_games
from govsim.agents.policies import PREFIX
from govsim.analysis.settings import changes_of, settings_in_words
from govsim.analysis.tables.formats import render
from govsim.analysis.tables.table import Table
from govsim.analysis.yardsticks import ReplyToPolicies, replies_record, yardsticks_record, yardsticks_table
from govsim.cli.console import say
from govsim.cli.options import Campaign, ModelOptions, TextOrJson, Texts, figure_format
from govsim.cli.settings import settings_of
from govsim.config import Experiment
from govsim.errors import AnalysisError, ConfigError
from govsim.game import Optimum, Yardsticks
from govsim.jobs import RunJob, plan_runs
from govsim.society import incentives_of


def game(
    what: Campaign,
    sets: Annotated[
        Texts, typer.Option("--set", metavar="KEY=VALUE", help="Setting of the experiment. Repeatable.")
    ] = [],  # noqa: B006
    against: Annotated[
        Texts,
        typer.Option(
            metavar="POLICY",
            help="Also show the best reply to members with this policy, as in tit-for-tat, or to one policy for each "
            "other member, as in grim,grim,grim,greedy. Repeatable.",
        ),
    ] = [],  # noqa: B006
    figure: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the optimal harvests to this file (.png, .svg or .pdf)."),
    ] = None,
    format: TextOrJson = "text",  # noqa: A002  the option's name
) -> None:
    """Show reference values for the total catch: the optimum, the equilibrium of selfish members, and others.

    They are computed from the world and the number of members; no model is called and no run is started. Each has a
    method: exact, bound or unavailable. For an experiment file with several worlds, JSON is a list.

    Examples:

        govsim game fishery

        govsim game campaign.yaml --format json

        govsim game fishery --against tit-for-tat --against noisy

        govsim game fishery --set world.growth=3 --figure optimum.png
    """
    if figure is not None:
        figure_format(figure)
    settings = settings_of(ModelOptions(sets=sets), what)
    jobs = _distinct(plan_runs(settings.experiment, settings.execution))
    found = [(job, _yardsticks(job.header.experiment)) for job in jobs]
    replies = [[_reply(job.header.experiment, one) for one in against] for job in jobs]
    if format == "json":
        records = [_record(job, one, to) for (job, one), to in zip(found, replies, strict=True)]
        say(json.dumps(records[0] if len(records) == 1 else records, ensure_ascii=False, indent=2))
    else:
        tables = [_table(job, one, to) for (job, one), to in zip(found, replies, strict=True)]
        say("\n\n".join(render(table) for table in tables))
    if figure is not None:
        _draw(found, figure)


def _yardsticks(experiment: Experiment) -> Yardsticks:
    return yardsticks_of_games.yardsticks(experiment, incentives_of(experiment))


def _reply(experiment: Experiment, against: str) -> ReplyToPolicies:
    """The best reply to a policy of all others, or to one policy for each of them, separated by commas.

    Raises:
        ConfigError: there is no such policy, or the number of policies is not that of the other members.
    """
    from govsim.tournament import best_reply_to, exploitability_of  # loads the policies

    others = len(experiment.society.members) - 1
    names = [name.strip().removeprefix(PREFIX) for name in against.split(",")]
    if len(names) not in (1, others):
        raise ConfigError(f"--against {against}: has {len(names)} policies; must be 1 or {others}, one for each other")
    policies = tuple(names * others if len(names) == 1 else names)
    agents = [PREFIX + name for name in policies]
    return ReplyToPolicies(
        policies=policies,
        best_reply=best_reply_to(experiment, agents),
        exploitability=exploitability_of(experiment, agents[0]) if len(set(agents)) == 1 else None,
    )


def _record(job: RunJob, found: Yardsticks, replies: Sequence[ReplyToPolicies]) -> dict[str, Any]:
    return {"experiment": _name(job), **yardsticks_record(found), "replies": replies_record(replies)}


def _table(job: RunJob, found: Yardsticks, replies: Sequence[ReplyToPolicies]) -> Table:
    return yardsticks_table(found, title=f"Yardsticks of {_name(job)}", replies=replies, notes=_notes(job))


def _distinct(jobs: list[RunJob]) -> list[RunJob]:
    """The first run of each different game."""
    first: dict[str, RunJob] = {}
    for job in jobs:
        experiment = job.header.experiment
        joins = [experiment.member(name).joins for name in experiment.society.members]
        sites = {name: site.model_dump(mode="json") for name, site in experiment.sites.items()}
        rules = [entry.written for entry in experiment.institutions]
        first.setdefault(f"{experiment.world.model_dump_json()} {joins} {rules} {sites}", job)
    return list(first.values())


def _name(job: RunJob) -> str:
    header = job.header
    return ", ".join([header.scenario.name, header.experiment.condition, *settings_in_words(changes_of(header))])


def _notes(job: RunJob) -> tuple[str, ...]:
    if not job.header.experiment.institutions:
        return ()
    return ("Institutions are taken into account only in the best reply.",)


def _draw(found: list[tuple[RunJob, Yardsticks]], file: Path) -> None:
    from govsim.analysis.figures import write_file  # loads matplotlib
    from govsim.analysis.figures.optimum import draw_optimum

    if len(found) > 1:
        raise ConfigError(f"--figure {file}: the experiment has {len(found)} worlds; choose one with --set")
    write_file(file, draw_optimum(_path_of(found[0][1])).content(figure_format(file)))
    say(str(file), err=True)


def _path_of(found: Yardsticks) -> Optimum:
    if found.optimum_path is None:
        raise AnalysisError(
            "--figure: optimal harvests are not computed, as the world is too large or there are several sites"
        )
    return found.optimum_path
