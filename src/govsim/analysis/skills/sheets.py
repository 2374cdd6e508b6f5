"""Sub-skills as tables: accuracies, and how they go with what becomes of societies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from govsim.analysis.measures import measure_named
from govsim.analysis.paper.models import paper_label
from govsim.analysis.requests import request_notes
from govsim.analysis.runs import toys_among
from govsim.analysis.sheets.cells import broken_note
from govsim.analysis.sheets.entries import NOTHING, counts, interval_text, p_text
from govsim.analysis.sheets.sheet import Column, Entry, Sheet, text_entry
from govsim.analysis.skills.accuracies import Accuracy, HintEffect, accuracies_of
from govsim.analysis.skills.correlation import FEWEST, PER, Correlations, Regression
from govsim.analysis.skills.reading import SkillStudy
from govsim.characters import counted, shortened
from govsim.skills import HINTED, title_of

_INTERVALS = (
    "Below each accuracy: its exact 95 % interval (Clopper and Pearson). Replies that could not be read, after three "
    "attempts, are neither right nor wrong: the accuracy is over the answers that were read."
)
_HINT = (
    "With universalization: what the hint changes, problem by problem, against the same test without it (Newcombe's "
    "interval of a difference within pairs, McNemar's exact test; p values are not adjusted for each other)."
)
_PAPER = (
    "Paper: the printed accuracy of the same model, over 150 problems of its own in its own words. Ours stands beside "
    "it only in the paper's world (five members, growth 2, capacity 100)."
)
_TWO_ROWS = (
    "The paper prints two rows called GPT-4 and does not say which is GPT-4-turbo; ours stands beside the first."
)
_REGRESSION = (
    "Least squares over models, a point for each: its accuracy and the means of its runs, over the scenarios in which "
    "it was both tested and run, each weighing the same. Below each slope: its 95 % interval (Student's t). "
    "p (Holm) is adjusted for the skills that the same measure is regressed on."
)
_PRINTED_R2 = (
    "The paper's R² (survival time, default) do not follow from its printed tables in this way: the means of the 15 "
    "models of one name in both give 0.29 (dynamics), 0.73 (sustainable action), 0.49 and 0.61 (thresholds)."
)
_WHAT_IT_IS_NOT = (
    "Models differ in more than one skill: a line through few of them says that two things go together, not that one "
    "is why."
)


def accuracies_sheet(studies: Sequence[SkillStudy], tests: Sequence[str] = (), *, broken: int = 0) -> Sheet:
    """The accuracy of each model in each scenario and test.

    Args:
        studies: as `read_skills` gives them.
        tests: which tests; all when empty.
        broken: journals that could not be read and are in no row.
    """
    accuracies = accuracies_of(studies, tests)
    return Sheet(
        caption="Sub-skills: the share of problems that were solved, in per cent.",
        columns=(
            Column(heading=("", "model"), place="label"),
            Column(heading=("", "scenario"), place="label"),
            Column(heading=("", "settings"), place="label"),
            Column(heading=("", "test"), place="stub"),
            Column(heading=("accuracy", "%"), width=11),
            Column(heading=("answers", "read"), width=7),
            Column(heading=("not", "readable"), width=8),
            Column(heading=("paper", "%"), width=6),
            Column(heading=("hint", "points"), width=11),
            Column(heading=("", "pairs"), width=6),
            Column(heading=("", "p"), width=7),
            Column(heading=("", "unfinished"), place="remark"),
        ),
        rows=tuple(_row(one) for one in accuracies),
        notes=tuple(_notes(studies, accuracies, broken)),
        records=tuple(_record(one) for one in accuracies),
    )


def _row(one: Accuracy) -> tuple[Entry, ...]:
    estimate = one.accuracy
    settings = "; ".join(f"{key} = {shortened(_plain(value), 60)}" for key, value in one.settings.items())
    value = NOTHING if estimate.value is None else f"{estimate.value:.1f}"
    return (
        *map(text_entry, (one.model, one.scenario, settings, title_of(one.test))),
        Entry(lines=(value, interval_text(estimate, is_rate=True))),
        text_entry(str(estimate.n)),
        text_entry(str(one.unreadable) if one.unreadable else ""),
        text_entry("" if one.paper is None else f"{one.paper:.0f}"),
        *_hint_entries(one.hint),
        text_entry("unfinished" if one.unfinished else ""),
    )


def _hint_entries(hint: HintEffect | None) -> tuple[Entry, Entry, Entry]:
    if hint is None:
        return Entry(), Entry(), Entry()
    ends = (hint.interval.low, hint.interval.high)
    interval = "" if None in ends else " to ".join(_signed(end) for end in ends if end is not None)
    return (
        Entry(lines=(_signed(hint.difference), interval)),
        text_entry(str(hint.pairs)),
        text_entry(p_text(hint.test.p)),
    )


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def _plain(value: object) -> str:
    return "none" if value is None else str(value)


def _notes(studies: Sequence[SkillStudy], accuracies: Sequence[Accuracy], broken: int) -> Iterator[str]:
    yield _INTERVALS
    if any(one.test == HINTED for one in accuracies):
        yield _HINT
    if any(one.paper is not None for one in accuracies):
        yield _PAPER
    if any(one.paper is not None and paper_label(one.model) == "GPT-4" for one in accuracies):
        yield _TWO_ROWS
    if unfinished := [study for study in studies if not study.is_finished]:
        told = "; ".join(f"{study.model}, {study.scenario} ({study.status})" for study in unfinished)
        yield f"Unfinished, so that figures rest on the answers so far: {told}. The same command goes on."
    if broken:
        yield broken_note(broken)
    yield from request_notes(request for study in studies for request in study.requests)
    if toys := toys_among(study.model for study in studies):
        yield f"{', '.join(toys)} is a toy that proves the pipeline; its figures say nothing about language models."


def _record(one: Accuracy) -> dict[str, JsonValue]:
    hint = one.hint
    record: dict[str, JsonValue] = {
        "scenario": one.scenario,
        "model": one.model,
        "settings": dict(one.settings),
        "cell": one.cell,
        "seeds": list(one.seeds),
        "test": one.test,
        "accuracy": {**one.accuracy.to_json()},
        "unreadable": one.unreadable,
        "paper": one.paper,
        "unfinished": one.unfinished,
        "hint": None,
        "hint_p": None,
    }
    if hint is not None:
        interval: dict[str, JsonValue] = {"low": hint.interval.low, "high": hint.interval.high, "n": hint.pairs}
        record |= {"hint": {"value": hint.difference, **interval}, "hint_p": hint.test.p}
    return record


def correlations_sheet(found: Correlations, *, broken: int = 0) -> Sheet:
    """Each measure regressed on each skill.

    Args:
        found: as `skills_against` gives it.
        broken: journals that could not be read and are in no point.
    """
    return Sheet(
        caption=f"What becomes of societies ({found.condition}) against the sub-skills of their models.",
        columns=(
            Column(heading=("", "measure"), place="label"),
            Column(heading=("", "skill"), place="stub"),
            Column(heading=("", "models"), width=6),
            Column(heading=("", "R²"), width=6),
            Column(heading=("paper's", "R²"), width=7),
            Column(heading=("slope for", f"{PER:.0f} points"), width=11),
            Column(heading=("", "p"), width=7),
            Column(heading=("p", "(Holm)"), width=7),
            Column(heading=("", "undefined"), place="remark", prefix="undefined: "),
        ),
        rows=tuple(_regression_row(one) for one in found.regressions),
        notes=tuple(_correlation_notes(found, broken)),
        records=tuple(_regression_record(one, found) for one in found.regressions),
    )


def _regression_row(one: Regression) -> tuple[Entry, ...]:
    slope = NOTHING if one.slope is None else f"{one.slope:+.2f}".replace("-", "−")
    ends = (one.low, one.high)
    interval = "" if None in ends else " to ".join(f"{end:+.2f}".replace("-", "−") for end in ends if end is not None)
    return (
        text_entry(measure_words(one.measure)),
        text_entry(title_of(one.skill)),
        text_entry(str(one.n)),
        text_entry(r_squared_text(one.r_squared)),
        text_entry("" if one.paper is None else r_squared_text(one.paper)),
        Entry(lines=(slope, interval)),
        text_entry(p_text(one.p)),
        text_entry(p_text(one.p_adjusted)),
        text_entry(one.reason or ""),
    )


def measure_words(measure: str) -> str:
    """A measure's name with its unit."""
    return measure_named(measure).heading_line


def r_squared_text(value: float | None) -> str:
    """An R² with two decimals, or a dash where there is none."""
    return NOTHING if value is None else f"{value:.2f}"


def _correlation_notes(found: Correlations, broken: int) -> Iterator[str]:
    yield _REGRESSION
    yield _PRINTED_R2
    tested = [f"{point.model} ({counted(point.runs, 'run')})" for point in found.points]
    yield f"Models: {', '.join(tested) or 'none'}."
    if found.is_uneven:
        where = "; ".join(f"{point.model}: {', '.join(point.scenarios)}" for point in found.points)
        yield f"Models were not tested and run in the same scenarios, which may be what they differ by: {where}."
    if found.pooled:
        yield f"Tests or runs of several settings are put together for: {', '.join(found.pooled)}."
    if left_out := counts({f"runs {reason}": count for reason, count in found.left_out.items()}):
        yield f"Left out: {left_out}."
    if found.unfinished:
        yield f"Left out: {found.unfinished} unfinished {'study' if found.unfinished == 1 else 'studies'}."
    for models, what in ((found.only_tested, "tested and not run"), (found.only_run, "run and not tested")):
        if models:
            yield f"Not in it, {what}: {', '.join(models)}."
    if any(FEWEST <= one.n < 6 for one in found.regressions):
        yield "Through so few models a line explains much by chance alone; the intervals say how little is known."
    yield _WHAT_IT_IS_NOT
    if broken:
        yield broken_note(broken)


def _regression_record(one: Regression, found: Correlations) -> dict[str, JsonValue]:
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
