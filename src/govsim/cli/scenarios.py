"""`govsim scenarios`: which there are, every prompt of one, and a copy of one to change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from govsim.cli import options
from govsim.cli.words import say
from govsim.config import assignment, experiment_from, nested
from govsim.scenarios import SHARED_TEMPLATES, Prompts, export_scenario, load_scenario, sample_variables, scenario_names


class _Scenarios(TyperGroup):
    """Shows scenarios where no other command is named, as in `govsim scenarios fishery`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in that may be left out."""
        is_named = bool(args) and args[0] in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if is_named else ["show", *args])


app = typer.Typer(cls=_Scenarios)


@app.callback()
def scenarios() -> None:
    """List scenarios, show one with all its prompts, or copy one to change it.

    Examples:
        govsim scenarios

        govsim scenarios fishery

        govsim scenarios export fishery my-commons
    """


@app.command("show")
def show(
    scenario: Annotated[str | None, typer.Argument(help="A scenario's name or folder.", show_default=False)] = None,
    sets: Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="Any key of the experiment.")] = [],  # noqa: B006
    prompts: options.Prompts = None,
) -> None:
    """List the scenarios, or show one with all its prompts as a member reads them. The word `show` may be left out.

    Examples:
        govsim scenarios

        govsim scenarios fishery

        govsim scenarios ./my-commons --set world.capacity=60
    """
    if scenario is None:
        for name in scenario_names():
            say(f"{name:12} {load_scenario(name).title}")
        say("\nShow one with its prompts: govsim scenarios fishery")
        say("Copy one to change it: govsim scenarios export fishery DIR")
        return
    say(_shown(scenario, sets, prompts))


@app.command("export")
def export(
    scenario: Annotated[str, typer.Argument(help="A scenario's name or folder.", show_default=False)],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the copy.", show_default=False)],
) -> None:
    """Copy a scenario with all its texts, those that scenarios share among them, into a folder to change and run.

    The copy is named after the folder. Nothing is overwritten. Templates that you do not change can be deleted: the
    shared ones are then taken from the package again.

    Example:
        govsim scenarios export fishery my-commons
    """
    for path in export_scenario(scenario, folder):
        say(str(path))
    say(f"\nRun it: govsim run {_as_folder(folder)}", err=True)


def _as_folder(folder: Path) -> str:
    """A folder as a command takes it for one, and not for the name of a scenario."""
    return f"./{folder}" if len(folder.parts) == 1 and not str(folder).startswith(("~", "$")) else str(folder)


def _shown(reference: str, sets: list[str], folder: Path | None) -> str:
    """A scenario's words and every prompt of it, rendered for the first month of its world."""
    scenario = load_scenario(reference, folder)
    settings = [nested(*assignment(text, option="--set")) for text in sets]
    experiment = experiment_from({"world": scenario.world}, *settings)
    prompts = Prompts(scenario, experiment.world)
    parts = [f"{scenario.name}: {scenario.title} One unit earns {scenario.price:,} dollars."]
    parts.append("\n".join(f"  {word}: {text}" for word, text in scenario.words.items()))
    samples = sample_variables(experiment)
    samples["rules"] = prompts.rules(samples["n"])
    for template in sorted(scenario.templates, key=lambda name: (name != "system", name in SHARED_TEMPLATES, name)):
        parts.append(f"--- {template}.jinja ---\n{prompts.render(template, **samples)}")
    return "\n\n".join(parts)
