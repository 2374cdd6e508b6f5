"""`govsim skills`: what a model can do that sustaining a commons takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from govsim.cli.formats import TableFormat

if TYPE_CHECKING:
    from govsim.cli.showing_skills import View
    from govsim.studies import SkillSettings

Texts = list[str]


_PROBLEMS = frozenset({"problems", "seed", "members", "growth", "capacity", "prompts"})


def skills(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    model: Annotated[Texts, typer.Option(help="Language model, as PROVIDER/NAME; repeat it.")] = [],  # noqa: B006
    scenario: Annotated[Texts, typer.Option(help="Scenario or its folder; repeat it. [the three of the paper]")] = [],  # noqa: B006
    test: Annotated[
        Texts, typer.Option(metavar="NAME", help="dynamics or another test; repeat it. [the paper's five]")
    ] = [],  # noqa: B006
    problems: Annotated[int, typer.Option(help="Problems of each test.")] = 150,
    seed: Annotated[int, typer.Option(help="What the problems are generated from.")] = 0,
    members: Annotated[str | None, typer.Option(metavar="NUMBER|NAMES", help="Who share the commons.")] = None,
    growth: Annotated[float | None, typer.Option(help="What is left after a harvest is multiplied by.")] = None,
    capacity: Annotated[int | None, typer.Option(help="The most units that the commons holds.")] = None,
    model_arg: Annotated[Texts, typer.Option("-M", metavar="NAME=VALUE", help="Argument of the models.")] = [],  # noqa: B006
    sets: Annotated[
        Texts,
        typer.Option("--set", metavar="KEY=VALUE", help="Any key of models.sampling, models.extra_body, execution …"),
    ] = [],  # noqa: B006
    prompts: Annotated[Path | None, typer.Option(help="Folder with prompt templates of your own.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the journals.")] = Path("runs"),
    connections: Annotated[int | None, typer.Option(help="The most questions in flight for each model.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="The most dollars that this command may cost.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The most tokens that it may use.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="The most calls that it may make.")] = None,
    max_time: Annotated[float | None, typer.Option(help="The most seconds that it may ask questions.")] = None,
    price: Annotated[
        Texts, typer.Option(metavar="MODEL=INPUT/OUTPUT[/CACHED]", help="Dollars for a million tokens of a model.")
    ] = [],  # noqa: B006
    base_url: Annotated[str | None, typer.Option(help="Address of the model's server.")] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Show what the tests would take, and ask nobody.")
    ] = False,
    accept_version: Annotated[
        bool, typer.Option("--accept-version", help="Continue journals of another version or other prompts.")
    ] = False,
    wrong: Annotated[
        int | None, typer.Option(min=1, help="List the first so many unsolved problems of each test instead.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Regress what became of the runs there on the skills instead.")
    ] = None,
    condition: Annotated[str | None, typer.Option(help="The condition of these runs.")] = None,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --against: draw it (.png, .svg or .pdf).")
    ] = None,
    format: Annotated[  # noqa: A002  the option's name
        TableFormat,
        typer.Option("--format", metavar="text|markdown|latex|csv|json", help="For a reader, or for a program."),
    ] = TableFormat.TEXT,
) -> None:
    """Test what sustaining a commons takes: five sub-skills, on problems that are the same for every model.

    Without a model it shows the tests that lie in the output folder. The same command continues tests that were
    interrupted, and with more problems it goes on. Accuracies have exact intervals; replies that cannot be read count
    apart.

    Examples:
        govsim skills --model openai/gpt-4o-mini --scenario fishery

        govsim skills --model openai/gpt-4o-mini --estimate

        govsim skills --out runs --wrong 3

        govsim skills --out runs --against runs --figure skills.pdf
    """
    from govsim.cli.showing_skills import View
    from govsim.cli.studying import (
        ASKING,
        carry_out_with_progress,
        execution_of,
        exit_if_unfinished,
        refuse_unused,
        say_how_it_ended,
        show_study_estimate,
    )
    from govsim.studies import plan_skills

    view = View(
        out=out,
        tests=test,
        scenarios=scenario,
        wrong=wrong,
        against=against,
        condition=condition,
        figure=figure,
        format=format,
    )
    view.check(has_model=bool(model), is_estimate=estimate)
    if not model:
        refuse_unused(context, _PROBLEMS | ASKING, "is about testing a model; name one with --model, or leave it out")
        return view.show()
    plans = plan_skills(
        skill_settings(
            model,
            view,
            problems=problems,
            prompts=prompts,
            model_args=model_arg,
            sets=sets,
            options={"seed": seed, "society.members": members, "world.growth": growth, "world.capacity": capacity},
        )
    )
    execution = execution_of(
        {
            "out": out,
            "connections": connections,
            "budget.cost": max_cost,
            "budget.tokens": max_tokens,
            "budget.calls": max_calls,
            "budget.seconds": max_time,
            "base_url": base_url,
            "accept_version": accept_version or None,
        },
        price,
        sets,
    )
    if estimate:
        return show_study_estimate(plans, execution)
    results = carry_out_with_progress(plans, execution)
    say_how_it_ended(results, err=format is not TableFormat.TEXT)
    view.show(only=None if against else [result.path for result in results])
    return exit_if_unfinished(results)


def skill_settings(
    models: Texts,
    view: View,
    *,
    problems: int,
    prompts: Path | None,
    model_args: Texts,
    sets: Texts,
    options: Mapping[str, Any],
) -> SkillSettings:
    """What a command line asks to be tested.

    Raises:
        ConfigError: an option has not the form it should have.
    """
    from govsim.cli.settings import MODEL_KEYS, STUDY_KEYS, args_layer, set_layers, without_execution
    from govsim.config import merge, nested
    from govsim.scenarios import scenario_names
    from govsim.studies import SkillSettings

    values = {**options, "society.members": roster(options["society.members"])}
    given = [nested(key, value) for key, value in values.items() if value is not None]
    allowed = (*MODEL_KEYS, "world", "society.members", "society.rules", *STUDY_KEYS)
    own = without_execution(set_layers(sets, allowed))
    return SkillSettings(
        models=models,
        scenarios=view.scenarios or scenario_names(),
        tests=view.tests,
        problems=problems,
        out=view.out,
        settings=merge(*given, *own, args_layer(model_args)),
        prompts=prompts,
    )


def roster(text: str | None) -> int | list[str] | None:
    """Members as a number, or by name with commas between; None for none given."""
    if text is None:
        return None
    stripped = text.strip()
    try:
        return int(stripped)
    except ValueError:
        return [name.strip() for name in stripped.split(",")]
