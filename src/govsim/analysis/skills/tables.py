"""Sub-skills as tables: accuracies, and their correlation with outcomes of societies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govsim.analysis.costs import request_notes
from govsim.analysis.measures import measure_named
from govsim.analysis.published import paper_label
from govsim.analysis.settings import PROMPTS, FlatSettings, short_name
from govsim.analysis.skills.accuracies import Accuracy, accuracies_of
from govsim.analysis.skills.correlation import ENOUGH, FEWEST, PER, Correlations, Regression, chance_of_r_squared
from govsim.analysis.skills.reading import SkillStudy
from govsim.analysis.tables.cells import broken_note, toy_notes
from govsim.analysis.tables.formatting import number, reasons
from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import counted, status_text
from govsim.skills import HINTED, title_of

_INTERVALS = (
    "Below each accuracy: its exact 95 % interval (Clopper and Pearson 1934). Replies that are still unreadable after "
    "three attempts are neither correct nor wrong: accuracies are shares of readable answers."
)
_HINT = (
    "With the hint: the difference in percentage points from the same test without the universalization hint, paired "
    "by problem (Gaffke's interval (2005) for pairs, McNemar's exact test (1947); p values are not adjusted for each "
    "other)."
)
_PAPER = (
    "Paper: the printed accuracy of the same model, from 150 other problems with other wording. It is shown only for "
    "results in the paper's world (five members, growth 2, capacity 100)."
)
_TWO_ROWS = "The paper has two rows named GPT-4 and does not state which is GPT-4-turbo; the first is shown."
_REGRESSION = (
    "Least squares over models: accuracies and means of runs, over the scenarios in which a model was both tested and "
    "run, with equal weights. Below each slope: its 95 % interval (Student's t). Holm's p (1979) is adjusted for the "
    "skills that the same measure is regressed on."
)
_PRINTED_R2 = (
    "The paper's R² (survival time, default) cannot be reproduced from its printed tables in this way: the means of "
    "the 15 models named in both give 0.29 (dynamics), 0.73 (sustainable action), 0.49 and 0.61 (thresholds)."
)
_WHAT_IT_IS_NOT = "Models differ in more than one skill; a correlation over few models does not show a causal effect."


def accuracies_table(studies: Sequence[SkillStudy], tests: Sequence[str] = (), *, broken: int = 0) -> Table:
    """Return the accuracy of each model in each scenario and test.

    Args:
        studies: the studies.
        tests: names of tests; all when empty.
        broken: the number of unreadable journals, which are in no row.
    """
    accuracies = accuracies_of(studies, tests)
    return Table(
        name="skills",
        title="Accuracies in sub-skill tests, in per cent.",
        columns=_ACCURACIES,
        data=[_accuracy(one) for one in accuracies],
        notes=tuple(_notes(studies, accuracies, broken)),
    )


def _shown_settings(row: Row) -> FlatSettings:
    """The settings in which studies differ, by their short names, without those that a study does not have."""
    settings = {short_name(key): value for key, value in row["settings"].items() if value is not None}
    # Studies do not record the folder of custom prompts, so only their hash distinguishes them.
    return settings if PROMPTS not in settings else {**settings, PROMPTS: f"hash {settings[PROMPTS]}"}


_ACCURACIES = (
    Column(name="model", place="label"),
    Column(name="scenario", place="label"),
    Column(name="settings", kind="settings", place="label", of=_shown_settings),
    Column(name="test", place="stub", of=lambda row: title_of(row["test"])),
    Column(name="accuracy", unit="%", kind="estimate"),
    Column(name="answers", heading="readable answers", kind="count", of=lambda row: row["accuracy"]["n"]),
    Column(name="unreadable", heading="unreadable", kind="count"),
    Column(name="paper", unit="%", kind="number", digits=0, is_optional=True),
    Column(name="hint", heading="with the hint", unit="percentage points", kind="difference", is_optional=True),
    Column(
        name="pairs",
        kind="count",
        of=lambda row: None if row["hint"] is None else row["hint"]["n"],
        is_optional=True,
    ),
    Column(name="hint_p", heading="p", kind="p", is_optional=True),
    Column(name="state", place="remark", of=lambda row: "unfinished" if row["unfinished"] else None),
)


def _notes(studies: Sequence[SkillStudy], accuracies: Sequence[Accuracy], broken: int) -> Iterator[str]:
    yield _INTERVALS
    if any(one.test == HINTED for one in accuracies):
        yield _HINT
    if any(one.paper is not None for one in accuracies):
        yield _PAPER
    if any(one.paper is not None and paper_label(one.model) == "GPT-4" for one in accuracies):
        yield _TWO_ROWS
    if unfinished := [study for study in studies if not study.is_finished]:
        named = "; ".join(f"{study.model}, {study.scenario} ({status_text(study.status)})" for study in unfinished)
        yield f"Unfinished studies, with the answers so far: {named}. Repeat the command to continue them."
    if broken:
        yield broken_note(broken)
    yield from request_notes(request for study in studies for request in study.requests)
    yield from toy_notes(study.model for study in studies)


def _accuracy(one: Accuracy) -> Row:
    hint = one.hint
    return {
        "scenario": one.scenario,
        "model": one.model,
        "settings": dict(one.settings),
        "cell": one.cell,
        "seeds": list(one.seeds),
        "test": one.test,
        "accuracy": one.accuracy.to_json(),
        "unreadable": one.unreadable,
        "paper": one.paper,
        "unfinished": one.unfinished,
        "hint": hint
        and {
            "value": hint.difference,
            "low": hint.interval.low,
            "high": hint.interval.high,
            "n": hint.pairs,
        },
        "hint_p": hint and hint.test.p,
    }


def correlations_table(found: Correlations, *, broken: int = 0) -> Table:
    """Return the regression of each measure on each skill.

    Args:
        found: the result of `skills_against`.
        broken: the number of unreadable journals, which are excluded.
    """
    return Table(
        name="skills-against-societies",
        title=f"Outcomes of societies ({found.condition}) against the sub-skills of their models.",
        columns=(
            Column(name="measure", place="label", of=lambda row: measure_words(row["measure"])),
            Column(name="skill", place="stub", of=lambda row: title_of(row["skill"])),
            Column(name="models", kind="count"),
            Column(name="r_squared", heading="R²", kind="number"),
            Column(name="paper", heading="paper's R²", kind="number", is_optional=True),
            Column(name="slope", heading=f"slope per {number(PER, 0)} percentage points", kind="difference"),
            Column(name="p", kind="p"),
            Column(name="p_holm", heading="Holm's p", kind="p"),
            Column(name="undefined", place="remark", is_named=True),
        ),
        data=[_regression(one, found) for one in found.regressions],
        notes=tuple(_correlation_notes(found, broken)),
    )


def measure_words(measure: str) -> str:
    """Return a measure's name with its unit."""
    return measure_named(measure).heading_line


def _correlation_notes(found: Correlations, broken: int) -> Iterator[str]:
    fewest = min((one.n for one in found.regressions if one.n >= FEWEST), default=ENOUGH)
    if fewest < ENOUGH:
        yield (
            f"Warning: only {fewest} models. Unrelated values of so few have an R² above 0.8 in "
            f"{100 * chance_of_r_squared(0.8, fewest):.0f} % of cases; at least {ENOUGH} are advisable."
        )
    yield _REGRESSION
    yield _PRINTED_R2
    tested = [f"{point.model} ({counted(point.runs, 'run')})" for point in found.points]
    yield f"Models: {', '.join(tested) or 'none'}."
    if found.is_uneven:
        where = "; ".join(f"{point.model}: {', '.join(point.scenarios)}" for point in found.points)
        yield f"Models were tested and run in different scenarios, which may explain differences: {where}."
    if found.pooled:
        yield f"Tests or runs of several settings are pooled for: {', '.join(found.pooled)}."
    if excluded := reasons({f"runs {reason}": count for reason, count in found.excluded.items()}):
        yield f"Excluded: {excluded}."
    if found.unfinished:
        yield f"Excluded: {found.unfinished} unfinished {'study' if found.unfinished == 1 else 'studies'}."
    for models, what in ((found.only_tested, "tested only"), (found.only_run, "run only")):
        if models:
            yield f"Excluded, {what}: {', '.join(models)}."
    yield _WHAT_IT_IS_NOT
    if broken:
        yield broken_note(broken)


def _regression(one: Regression, found: Correlations) -> Row:
    return {
        "condition": found.condition,
        "measure": one.measure,
        "skill": one.skill,
        "models": one.n,
        "r_squared": one.r_squared,
        "paper": one.paper,
        "slope": {"value": one.slope, "low": one.low, "high": one.high},
        "slope_per_points": PER,
        "intercept": one.intercept,
        "p": one.p,
        "p_holm": one.p_adjusted,
        "undefined": one.reason,
    }
