"""`govsim dialogue`: let judges read what was said and thought."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.formats import TableFormat

Texts = list[str]


_JUDGING = frozenset({"ask", "samples"})


def dialogue(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Journals of runs, at any depth.", show_default=False)
    ] = Path("runs"),
    judge: Annotated[Texts, typer.Option(metavar="MODEL", help="A language model that judges; several may.")] = [],  # noqa: B006
    ask: Annotated[
        Texts, typer.Option(metavar="NAME", help="labels, promises or knowledge; repeat it. [labels, promises]")
    ] = [],  # noqa: B006
    samples: Annotated[int, typer.Option(help="How often each judge is asked the same.")] = 1,
    model_arg: Annotated[Texts, typer.Option("-M", metavar="NAME=VALUE", help="Argument of the judges.")] = [],  # noqa: B006
    sets: Annotated[
        Texts,
        typer.Option("--set", metavar="KEY=VALUE", help="Any key of models.sampling, models.extra_body, execution …"),
    ] = [],  # noqa: B006
    check_judge: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Let a model label utterances whose labels are known.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Draw so many utterances for people to label, and ask nobody.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="With --sample: where they go (annotation.csv).")
    ] = None,
    labels: Annotated[list[Path], typer.Option(metavar="FILE", help="A sample that somebody has labelled.")] = [],  # noqa: B006
    seed: Annotated[int, typer.Option(min=0, help="What resamples and the sample are drawn from.")] = 0,
    table: Annotated[Texts, typer.Option(metavar="NAME", help="Show this table; repeat it. [all]")] = [],  # noqa: B006
    format: Annotated[  # noqa: A002  the option's name
        TableFormat,
        typer.Option("--format", metavar="text|markdown|latex|csv|json", help="For a reader, or for a program."),
    ] = TableFormat.TEXT,
    estimate: Annotated[bool, typer.Option("--estimate", help="Show what judging would take, and ask nobody.")] = False,
    price: Annotated[
        Texts, typer.Option(metavar="MODEL=INPUT/OUTPUT[/CACHED]", help="Dollars for a million tokens of a model.")
    ] = [],  # noqa: B006
    connections: Annotated[int | None, typer.Option(help="The most questions in flight for each judge.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="The most dollars that this command may cost.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The most tokens that it may use.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="The most calls that it may make.")] = None,
    max_time: Annotated[float | None, typer.Option(help="The most seconds that it may ask questions.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of the judge's server.")] = None,
    accept_version: Annotated[
        bool, typer.Option("--accept-version", help="Continue studies of another version or other prompts.")
    ] = False,
) -> None:
    """Let judges label what was said, find out what was promised and kept, and print what they found.

    Without a judge it prints what there is already: judges' answers lie beside the journals of the runs. The same
    command continues what was interrupted, and judges what has been added since.

    Examples:
        govsim dialogue runs --judge openai/gpt-4o-mini

        govsim dialogue runs --judge openai/gpt-4o-mini --judge anthropic/claude-haiku-4-5 --ask labels --estimate

        govsim dialogue runs --sample 100 -o annotation/sample.csv

        govsim dialogue runs --labels annotation/ada.csv --labels annotation/bob.csv --table agreement

        govsim dialogue --check-judge openai/gpt-4o-mini
    """
    from govsim.cli.judging import Findings, check, draw_sample, let_judge, settings_of_judges
    from govsim.cli.studying import ASKING, execution_of, refuse_unused
    from govsim.studies import DialogueSettings

    if check_judge is not None:
        others = _JUDGING | {"judge", "sample", "out", "labels", "table"}
        refuse_unused(context, others, "has no part in --check-judge; leave one of them out")
    elif not judge:
        others = _JUDGING | ASKING
        refuse_unused(context, others, "is about asking a judge; name one with --judge, or leave it out")
    findings = Findings(folder=folder, labels=labels, tables=table, seed=seed, format=format)
    findings.check(
        has_judge=bool(judge or check_judge),
        is_check=check_judge is not None,
        is_estimate=estimate,
        sample=sample,
        out=out,
    )
    if sample is not None:
        return draw_sample(folder, sample, out or Path("annotation.csv"), seed)
    settings = settings_of_judges(model_arg, sets)
    execution = execution_of(
        {
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
    if check_judge is not None:
        return check(check_judge, settings, findings, execution, is_estimate=estimate)
    if not judge:
        return findings.show()
    wanted = DialogueSettings(
        folder=folder, judges=judge, asked=ask or ("labels", "promises"), samples=samples, settings=settings
    )
    return let_judge(wanted, findings, execution, is_estimate=estimate)
