"""`govsim scenarios`: what there is, and every prompt of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.words import say


def scenarios(
    scenario: Annotated[str | None, typer.Argument(help="A scenario's name or folder.", show_default=False)] = None,
    sets: Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="Any key of the experiment.")] = [],  # noqa: B006
    prompts: Annotated[Path | None, typer.Option(help="Folder with prompt templates of your own.")] = None,
) -> None:
    """List the scenarios, or show one with all its prompts as a member reads them.

    Examples:
        govsim scenarios

        govsim scenarios fishery

        govsim scenarios ./my-commons --set world.capacity=60
    """
    from govsim.scenarios import load_scenario, scenario_names

    if scenario is None:
        for name in scenario_names():
            say(f"{name:12} {load_scenario(name).title}")
        say("\nShow one with its prompts: govsim scenarios fishery")
        return
    say(_shown(scenario, sets, prompts))


def _shown(reference: str, sets: list[str], folder: Path | None) -> str:
    """A scenario's words and every prompt of it, rendered for the first month of its world."""
    from govsim.config import assignment, experiment_from, nested
    from govsim.scenarios import SHARED_TEMPLATES, Prompts, load_scenario, sample_variables

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
