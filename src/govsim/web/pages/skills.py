"""The page of sub-skill tests and probes: accuracies, unsolved problems, outcomes of societies, contamination."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from govsim.analysis import skills
from govsim.analysis.tables.table import Table
from govsim.characters import counted, visible
from govsim.skills import title_of
from govsim.web.parts.charts import Dot, chart_name, scatter_chart
from govsim.web.parts.listing import ListColumn, Listing
from govsim.web.parts.live import Chart, LegendEntry, computed, legend, legend_of
from govsim.web.parts.table import draw
from govsim.web.site import Site
from govsim.web.skill_results import Tested, tested
from govsim.web.theme import (
    busy,
    card,
    chips,
    dialog,
    empty,
    figure,
    frame,
    heading,
    note,
    said,
    short,
    subheading,
    wrong,
)
from govsim.web.workers import Memo

COMMAND = "govsim skills test --model PROVIDER/NAME --out"

_LOOK = """
<button class="linklike">
  {{ props.row.title }}
</button>
"""


def _order(one: skills.Wrong) -> str:
    return f"{one.solution.purpose} {one.solution.ordinal:06}"


_COLUMNS: tuple[ListColumn[skills.Wrong], ...] = (
    ListColumn(name="problem", label="Problem", key=_order, cell=_LOOK),
    ListColumn(name="model", label="Model", key=lambda one: one.study.model, classes="mark"),
    ListColumn(name="scenario", label="Scenario", key=lambda one: one.study.scenario, classes="phone-hidden"),
    ListColumn(name="answer", label="Answer", key=lambda one: one.solution.answer, kind="count"),
    ListColumn(
        name="right", label="Correct", key=lambda one: one.solution.least, shown=lambda one: one.right, kind="count"
    ),
    ListColumn(name="reply", label="Reply", shown=lambda one: short(" ".join(one.reply.split()), 110), classes="words"),
)


def add(site: Site) -> None:
    """Register the page.

    Args:
        site: the shared state.
    """
    memo: Memo[Tested] = Memo()

    @ui.page("/skills")
    def page() -> None:
        with frame(site, "Skills", here="/skills"):
            heading("Skills")
            place = ui.element("div").classes("stack")
            is_complete: bool | None = None  # None until it is shown

            async def show() -> None:
                nonlocal is_complete
                is_complete = await _show(site, memo, place)

            async def show_all() -> None:
                if is_complete is None or site.index.unread or not site.index.is_listed:
                    return
                waiting.deactivate()
                if not is_complete:  # otherwise, a rebuild would close what the visitor has opened
                    await show()

            waiting = ui.timer(1.0, show_all, immediate=False)
            ui.timer(0.05, show, once=True)


async def _show(site: Site, memo: Memo[Tested], place: ui.element) -> bool:
    """Show the tests, and return whether all journals of runs had been read before."""
    is_complete = site.index.is_listed and not site.index.unread
    studies, runs = site.folder.contents().studies, site.index.measures
    if not studies:  # an answer that needs no worker process, which takes seconds to start
        place.clear()
        with place:
            _without_tests(site)
        return is_complete
    state = (
        tuple((one.name, one.stamp) for one in studies),
        tuple((run.path, run.status, run.tokens) for run in runs),
    )
    paths = [path for one in studies if (path := site.folder.study_path(one.name)) is not None]
    test = partial(site.index.compute, tested, site.folder.root, paths, runs)
    outside = [one.name for one in studies if one.stamp is None]
    tell = partial(_tell, site, outside=outside, is_complete=is_complete)
    await computed(
        place, "Reading sub-skill tests …", "The tests cannot be shown.", partial(memo.of, state, test), tell
    )
    return is_complete


def _tell(site: Site, found: Tested, *, outside: Sequence[str], is_complete: bool) -> None:
    if outside:
        wrong("Unreadable journals, and links to outside the folder, are excluded.", *outside[:10])
    if site.index.unread:
        note(f"{counted(site.index.unread, 'journal')} not read yet …")
    if found.broken:
        wrong("Unreadable journals of tests are excluded.", *found.broken[:10])
    if found.accuracies is None:
        _without_tests(site)
    else:
        _tell_skills(site, found, found.accuracies, is_complete=is_complete)
    if found.probes is not None:
        with card("Knowledge of the paper: probes"):
            draw(found.probes, drawn="recognized")
    if found.reskinned is not None:
        with card("Knowledge of the paper: gap between the reskinned and the paper's world"):
            draw(found.reskinned)


def _tell_skills(site: Site, found: Tested, accuracies: Table, *, is_complete: bool) -> None:
    place = site.place
    with card("Accuracy by test"):
        draw(accuracies, drawn="accuracy")
    with card("Wrong answers and unreadable replies"):
        _unsolved(found.wrong)
    with card("Skills and societies"):
        if found.against is None and not is_complete:
            busy("Reading the journals of runs …")
        elif found.against is None or found.regressions is None:
            empty(
                "scatter_plot",
                "Needs at least three models with complete tests and finished runs.",
                "Run societies of the tested models:",
                f"govsim run fishery --model PROVIDER/NAME --out {place}",
            )
        else:
            _against(found.against)
            draw(found.regressions)


def _without_tests(site: Site) -> None:
    with card():
        empty("school", "No sub-skill tests yet.", "Test a model:", f"{COMMAND} {site.place}")


def _unsolved(found: Sequence[skills.Wrong]) -> None:
    """The unsolved problems, each with its prompt and reply."""
    if not found:
        empty("task_alt", "No wrong answers and no unreadable replies.")
        return
    note("The first wrong answers and unreadable replies of each test.")
    Listing[skills.Wrong](
        _COLUMNS,
        lambda one: f"{one.study.path} {one.solution.purpose} {one.solution.ordinal}",
        lambda one: {"title": _title(one).replace("problem ", "")},
        opened=_open,
        size=10,
    ).show(found)


def _title(one: skills.Wrong) -> str:
    return f"{one.solution.purpose.replace('_', ' ')}, problem {one.solution.ordinal + 1}"


def _open(one: skills.Wrong) -> None:
    with dialog(_title(one)):
        asked = (f"{one.attempts} attempts",) if one.attempts > 1 else ()
        answered = f"answer {figure(one.solution.answer)}"
        chips(one.study.model, one.study.scenario, answered, f"correct: {one.right}", *asked)
        if one.solution.invalid:
            wrong("Unreadable reply.", one.solution.invalid)
        for title, text in (("Reply", one.reply), ("Prompt", one.prompt)):
            subheading(title)
            with ui.element("div").classes("box"):
                said(text or "(empty)", classes="mono", folded=6000)


def _against(found: skills.Correlations) -> None:
    """Plot the survival time by each skill, with the regression line.

    Args:
        found: the correlations of at least three models.
    """
    note(f"Survival time of the societies of each model, by its accuracy; condition {visible(found.condition)}.")
    place, charts = ui.element("div").classes("meanings"), list[Chart]()
    models: dict[LegendEntry, None] = {}
    with ui.element("div").classes("many"):
        for one in found.regressions:
            drawn = scatter_chart(_dots(found, one), _line(one), across="accuracy, %", up="survival time, months")
            models |= dict.fromkeys(legend_of(drawn))
            with ui.element("section").classes("stack-tight"):
                subheading(title_of(one.skill), 3)
                charts.append(
                    Chart(f"Accuracy in per cent and survival time in months, {title_of(one.skill)}", has_legend=False)
                )
                charts[-1].show(one.skill, partial(dict, drawn))
    with place:
        legend(tuple(models), lambda name: _toggle(charts, name))


def _toggle(charts: Sequence[Chart], name: str) -> None:
    for chart in charts:
        chart.toggle(name)


def _dots(found: skills.Correlations, one: skills.Regression) -> list[Dot]:
    return [
        Dot(
            name=chart_name(point.model),
            number=number,
            across=point.skills[one.skill],
            up=point.measures[one.measure],
        )
        for number, point in enumerate(found.points)
        if one.skill in point.skills and one.measure in point.measures
    ]


def _line(one: skills.Regression) -> tuple[float, float] | None:
    """The intercept and the slope for one percentage point of accuracy; None without a regression line."""
    return None if one.slope is None or one.intercept is None else (one.intercept, one.slope / skills.PER)
