"""`govsim scenarios`: list scenarios, show the prompts of one, or copy one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from govsim.analysis.tables.formatting import count
from govsim.cli import options
from govsim.cli.console import say, wrapped_lines
from govsim.config import assignment, experiment_from, nested
from govsim.scenarios import SHARED_TEMPLATES, Prompts, export_scenario, load_scenario, sample_variables, scenario_names


class _Scenarios(TyperGroup):
    """Uses the command `show` by default, as in `govsim scenarios fishery`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Add the default command if none is given."""
        is_named = bool(args) and args[0] in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if is_named else ["show", *args])


app = typer.Typer(cls=_Scenarios)


@app.callback()
def scenarios() -> None:
    """List scenarios, show the prompts of one, or copy one to modify it.

    Examples:

        govsim scenarios

        govsim scenarios fishery

        govsim scenarios export fishery my-commons
    """


@app.command("show")
def show(
    scenario: Annotated[
        str | None, typer.Argument(metavar="SCENARIO", help="Name or folder of a scenario.", show_default=False)
    ] = None,
    sets: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="Setting of the experiment. Repeatable.")
    ] = [],  # noqa: B006
    prompts: options.Prompts = None,
) -> None:
    """List the scenarios, or show all prompts of one as its members receive them. `show` can be omitted.

    Examples:

        govsim scenarios

        govsim scenarios fishery

        govsim scenarios ./my-commons --set world.capacity=60
    """
    if scenario is None:
        for name in scenario_names():
            say(f"{name:12} {load_scenario(name).title}")
        say("\nShow a scenario with its prompts: govsim scenarios fishery")
        say("Copy a scenario: govsim scenarios export fishery DIR")
        return
    say(wrapped_lines(_shown(scenario, sets, prompts)))


@app.command("export")
def export(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Name or folder of a scenario.", show_default=False)
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder for the copy.", show_default=False)],
) -> None:
    """Copy a scenario with all its templates, including the shared ones, to a new folder.

    The copy is named after the folder. No file is overwritten. Templates that you do not change can be deleted; the
    shared ones are then read from the package.

    Example:

        govsim scenarios export fishery my-commons
    """
    for path in export_scenario(scenario, folder):
        say(str(path))
    say(f"\nRun it: govsim run {_as_folder(folder)}", err=True)


def _as_folder(folder: Path) -> str:
    """Format a folder so that a command does not interpret it as the name of a scenario."""
    return f"./{folder}" if len(folder.parts) == 1 and not str(folder).startswith(("~", "$")) else str(folder)


def _shown(reference: str, sets: list[str], folder: Path | None) -> str:
    """Return a scenario's texts and all its prompts, rendered for the first month."""
    scenario = load_scenario(reference, folder)
    settings = [nested(*assignment(text, option="--set")) for text in sets]
    experiment = experiment_from({"world": scenario.world}, *settings)
    society = experiment.society
    prompts = Prompts(scenario, experiment.world, society.rules, example=society.example)
    parts = [f"{scenario.name}: {scenario.title} One unit earns {count(scenario.price)} dollars."]
    parts.append("\n".join(f"  {word}: {text}" for word, text in scenario.words.items()))
    samples = sample_variables(experiment)
    samples["rules"] = prompts.rules(samples["n"])
    for template in sorted(scenario.templates, key=lambda name: (name != "system", name in SHARED_TEMPLATES, name)):
        parts.append(f"--- {template}.jinja ---\n{prompts.render(template, **samples)}")
    return "\n\n".join(parts)
