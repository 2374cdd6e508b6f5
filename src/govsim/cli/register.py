"""`govsim register`: write down what a campaign will do and how it will be analysed, before it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from govsim import library
from govsim.cli.console import say
from govsim.cli.options import Campaign, DesignOption, ModelOptions, PrimaryOption, Prompts, Texts, with_groups
from govsim.cli.problems import suggesting_baseline
from govsim.cli.settings import settings_of
from govsim.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The declared analysis."""

    primary: PrimaryOption = None
    design: DesignOption = None
    by: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Setting that defines the compared groups, as for govsim compare.",
            show_default="as declared, or condition",
        ),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE", help="Value that the others are compared with.", show_default="as declared, or default"
        ),
    ] = None
    exclusion: Annotated[
        Texts | None,
        typer.Option(metavar="SENTENCE", help="Rule for excluding runs, in addition to those of govsim. Repeatable."),
    ] = None


@with_groups
def register(
    what: Campaign,
    declared: Declared = Declared(),
    sets: Annotated[
        Texts,
        typer.Option("--set", metavar="KEY=VALUE", help="Setting of the experiment or the execution. Repeatable."),
    ] = [],  # noqa: B006
    prompts: Prompts = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Output file.", show_default="EXPERIMENT.registration.json"),
    ] = None,
) -> None:
    """Write the registration of a campaign (its complete plan, with a hash), before it is run.

    The file contains all cells with their settings, prompts and seeds, the primary measure and the design, exclusions,
    and the budget as the stopping rule. The section `analysis` of the experiment file declares the defaults. `govsim
    report --registration` lists deviations from the registration. An existing file is never overwritten.

    Examples:

        govsim register campaign.yaml

        govsim register campaign.yaml --primary gain --design paired -o registration.json
    """
    if any(not sentence.strip() for sentence in declared.exclusion or ()):
        raise ConfigError("--exclusion: must be a sentence, as in --exclusion 'Runs of the pilot are excluded.'")
    settings = settings_of(ModelOptions(sets=sets), what)
    path = out or Path(f"{Path(what).stem}.registration.json")
    with suggesting_baseline("govsim", "register", what):
        registration = library.register(
            settings.experiment,
            path,
            primary=declared.primary,
            design=declared.design,
            by=declared.by,
            baseline=declared.baseline,
            exclusions=declared.exclusion or (),
            prompts=prompts,
            execution=settings.execution,
        )
    say(str(path))
    say(f"SHA-256: {registration.hash}", err=True)
