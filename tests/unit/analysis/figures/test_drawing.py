"""What figures show, what they say, and that they are the same every time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

import govsim
from govsim.analysis.figures import FIGURES, FORMATS, Drawn, draw, write_figures
from govsim.analysis.figures.comparisons import comparisons_with_baseline
from govsim.analysis.figures.months import stock
from govsim.analysis.figures.panels import levels_of
from govsim.analysis.figures.sheet import COLOURS, LONGEST_LABEL, SMALL, WIDTH, looks, offsets
from govsim.analysis.results import Results, load
from govsim.analysis.statistics import SEED
from govsim.analysis.statistics.baselines import NoBaseline
from govsim.analysis.tables.formatting import p_value
from govsim.characters import labels_of
from govsim.errors import ConfigError
from govsim.journal import Call

WriteRun = Callable[..., Path]
MakeCall = Callable[..., Call]

KINDS = [figure.name for figure in FIGURES if not (figure.value.is_of_dialogue or figure.value.is_of_skills)]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")


def everyone(units: int) -> dict[str, int]:
    return dict.fromkeys(NAMES, units)


WriteCell = Callable[..., None]


def cells_in(folder: Path, write_journal: WriteRun, make_call: MakeCall) -> WriteCell:
    """Writes runs of one condition and model, each with the catches of its months."""

    def write(condition: str, *runs: tuple[int, ...], status: str | None = None, model: str = "mock/one") -> None:
        for seed, catches in enumerate(runs):
            settings = {
                **{"condition": condition, "seed": seed, "models": {"default": model}},
                "world": {"months": 4},
            }
            write_journal(
                folder / f"{condition}/{model}/seed-{seed}.jsonl",
                asked=[everyone(units) for units in catches],
                status=status or ("completed" if len(catches) == 4 else "collapsed"),
                settings=settings,
                society=model.replace("/", "-"),
                calls=[make_call(model=model), make_call("line", phase="discussion", model=model)],
            )

    return write


@pytest.fixture
def write_cell(tmp_path: Path, write_journal: WriteRun, make_call: MakeCall) -> WriteCell:
    """Writes cells in the folder of the test."""
    return cells_in(tmp_path, write_journal, make_call)


def write_three(write_cell: WriteCell) -> None:
    """Write three conditions, of which one stopped."""
    write_cell("default", (10, 10, 10, 10), (12, 12, 20), (10, 9, 10, 10))
    write_cell("other", (20,), (20,), (12, 20))
    write_cell("stopped", (10,), status="failed")


@pytest.fixture(scope="module")
def results(write_journal: WriteRun, make_call: MakeCall, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("three")
    write_three(cells_in(folder, write_journal, make_call))
    return load(folder)


@pytest.fixture(scope="module")
def all_drawn(results: Results) -> list[Drawn]:
    """Every figure of `results`, including those that are drawn only on request."""
    return draw(results, KINDS)


def of_kind(all_drawn: list[Drawn], kind: str) -> list[Drawn]:
    """The figures of one kind."""
    found = [drawn for drawn in all_drawn if drawn.name.split("-")[0] == kind]
    assert found
    return found


def texts(drawn: Drawn) -> list[str]:
    """Everything that stands in a figure."""
    return [text.get_text() for text in drawn.figure.findobj(Text) if isinstance(text, Text)]


def drawn_by_name(results: Results, *kinds: str, **options: Any) -> dict[str, Drawn]:
    return {drawn.name: drawn for drawn in draw(results, kinds, **options)}


def test_there_is_a_figure_of_each_kind(all_drawn: list[Drawn]) -> None:
    names = [drawn.name for drawn in all_drawn]
    assert {name.split("-")[0] for name in names} == set(KINDS)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_one_column_wide_and_no_letter_is_too_small(all_drawn: list[Drawn], kind: str) -> None:
    for drawn in of_kind(all_drawn, kind):
        assert drawn.figure.get_size_inches()[0] == WIDTH
        drawn.figure.draw_without_rendering()
        shown = [text for text in drawn.figure.findobj(Text) if isinstance(text, Text) and text.get_text().strip()]
        assert shown
        assert min(float(text.get_fontsize()) for text in shown) >= SMALL


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_states_which_runs_are_excluded(all_drawn: list[Drawn], kind: str) -> None:
    told = ("1 of 7 runs (1 failed)", "Excluded: 1 failed", "1 stopped earlier", "including those that stopped")
    for drawn in of_kind(all_drawn, kind):
        if drawn.name == "effects-survival-time":
            continue  # a run that stopped counts there for as long as it was watched
        assert any(words in drawn.caption for words in told), drawn.caption


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("stock", ["month", "stock, units"]),
        ("survival", ["month", "surviving, %"]),
        ("catch", ["month", "catch, units"]),
        ("gain", ["gain, units", ""]),
        ("equality", ["efficiency, %", "equality, %"]),
        ("invalid", ["share of questions or replies, %", ""]),
    ],
)
def test_axes_have_labels(all_drawn: list[Drawn], kind: str, labels: list[str]) -> None:
    drawn = of_kind(all_drawn, kind)[-1]
    axes = drawn.figure.axes
    assert [axes[-1].get_xlabel(), axes[-1].get_ylabel()] == labels


def test_a_forest_plot_names_its_baseline(results: Results, all_drawn: list[Drawn]) -> None:
    (drawn,) = (one for one in all_drawn if one.name == "effects-gain")
    assert drawn.figure.axes[0].get_xlabel() == "gain, units\n(difference from default)"
    assert "other" in texts(drawn)
    comparison = comparisons_with_baseline(results.runs, "condition", np.random.default_rng(SEED))
    (gain,) = (one for one in comparison if one.measure == "gain" and one.level.name == "other")
    p, adjusted = gain.tests[0].p, gain.p_adjusted
    assert p is not None
    assert adjusted is not None
    assert {"n", "3/3", "p", p_value(p), "adj.", p_value(adjusted)} <= set(texts(drawn))
    assert "Holm" in drawn.caption


def test_the_legend_has_every_series_and_the_title_its_runs(all_drawn: list[Drawn]) -> None:
    (drawn,) = of_kind(all_drawn, "stock")
    (legend,) = drawn.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["default", "other", "stopped", "optimal harvests"]
    assert drawn.figure.axes[0].get_title(loc="left") == "fishery · mock/one, months 4\nn = 3, 3, 0"


def test_members_and_the_threshold_are_in_the_legend_of_catches(all_drawn: list[Drawn]) -> None:
    (drawn,) = of_kind(all_drawn, "catch")
    assert [text.get_text() for text in drawn.figure.legends[0].get_texts()] == [*NAMES, "threshold"]


def test_numbers_at_risk_are_below_a_survival_curve(all_drawn: list[Drawn]) -> None:
    (drawn,) = of_kind(all_drawn, "survival")
    numbers = [text.get_text() for text in drawn.figure.axes[0].texts]
    ticks = drawn.figure.axes[0].get_xticks().tolist()
    assert ticks == [0, 1, 2, 3, 4]
    assert numbers == [*("3", "3", "3", "3", "2"), *("3", "3", "1", "0", "0"), *("1", "1", "0", "0", "0")]


def test_series_can_be_models(write_cell: WriteCell, tmp_path: Path) -> None:
    write_three(write_cell)
    write_cell("default", (10, 10, 10, 10), (9, 9, 9, 9), model="mock/two")
    again = load(tmp_path)
    drawn = drawn_by_name(again, "stock", "effects", by="model", baseline="mock/one")
    assert {"mock/one", "mock/two"} == set(drawn["stock"].frame["model"])
    assert drawn["effects-gain"].frame["level"].tolist() == ["mock/two"]


def test_effects_need_a_baseline_where_there_is_no_default(write_cell: WriteCell, tmp_path: Path) -> None:
    write_three(write_cell)
    write_cell("default", (10, 10, 10, 10), (9, 9, 9, 9), model="mock/two")
    again = load(tmp_path)
    with pytest.raises(NoBaseline, match="required, because model has 2 values"):
        draw(again, ["effects"], by="model")
    assert drawn_by_name(again, by="model")["effects"].caption.startswith("Baseline: required, because model has")


def test_many_panels_are_spread_over_several_figures(write_cell: WriteCell, tmp_path: Path) -> None:
    for number in range(7):
        write_cell("default", (10, 10, 10, 10), model=f"mock/{number}")
    drawn = draw(load(tmp_path), ["stock"])
    assert [one.name for one in drawn] == ["stock", "stock-2"]
    assert [len(one.figure.axes) for one in drawn] == [5, 2]
    assert sum(one.frame["society"].nunique() for one in drawn) == 7, "each has the rows of its own panels"


def test_a_large_society_is_drawn_in_grey_with_its_mean(write_run: WriteRun, tmp_path: Path) -> None:
    members = [f"Member {letter}" for letter in "ABCDEFGHIJ"]
    write_run(
        "seed-0.jsonl",
        asked=[dict.fromkeys(members, 5)] * 2,
        status="completed",
        settings={"society": {"members": members}, "world": {"months": 2}},
    )
    (drawn,) = draw(load(tmp_path), ["catch"])
    labels = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert labels == ["one of 10 members", "their mean", "threshold"]


@pytest.mark.parametrize("kind", ["stock", "survival", "equality"])
def test_the_legend_of_many_series_leaves_room_for_what_it_explains(
    write_cell: WriteCell, tmp_path: Path, kind: str
) -> None:
    heights = []
    for number in range(16):
        write_cell(f"condition-that-is-number-{number}", (10, 10, 10, 10), (12, 12, 20))
        if number in (1, 15):
            (drawn,) = draw(load(tmp_path), [kind])
            drawn.figure.draw_without_rendering()
            heights.append(drawn.figure.axes[0].get_window_extent().height)
    assert heights[1] > 0.9 * heights[0]


@pytest.mark.parametrize(("conditions", "has_bands"), [(4, True), (5, False)])
def test_bands_that_would_cover_each_other_are_not_drawn(
    write_cell: WriteCell, tmp_path: Path, conditions: int, has_bands: bool
) -> None:
    for name in ("default", "a", "b", "c", "d")[:conditions]:
        write_cell(name, (10, 10, 10, 10), (9, 9, 9, 8))
    (drawn,) = stock(load(tmp_path))
    has_any = any(band.get_paths() for band in drawn.figure.axes[0].collections)
    assert has_any is has_bands
    assert ("Without intervals" in drawn.caption) is not has_bands
    assert drawn.frame["low"].notna().any()


def test_informed_policies_are_marked_in_legends(tmp_path: Path) -> None:
    for name in ("endgame", "greedy"):
        govsim.run("fishery", agent=f"policy:{name}", months=2, out=tmp_path, progress=False)
    assert levels_of(load(tmp_path).runs, "agent") == ["policy:endgame (informed)", "policy:greedy"]


def test_labels_of_many_series_are_whole_up_to_a_length_and_differ() -> None:
    names = [f"a-name-that-is-long-{number}-and-ends-like-the-others" for number in range(9)]
    assert [look.label for look in looks(names).values()] == names
    too_long = [f"{'x' * LONGEST_LABEL}{number}" for number in range(9)]
    short = {look.label for look in looks(too_long).values()}
    assert len(short) == 9
    assert max(map(len, short)) == LONGEST_LABEL


@pytest.mark.parametrize("longest", [22, 26, 34, 44])
@pytest.mark.parametrize(
    "names",
    [
        ["openrouter/meta-llama/llama-3.1-405b-instruct-2024", "openrouter/meta-llama/llama-3.1-070b-instruct-2024"],
        [f"{'x' * 60}{number}{'y' * 60}" for number in range(3)],
        [f"{'x' * 60}{'ab'[number]}{'y' * 60}{'ba'[number]}" for number in range(2)],
        [f"{'x' * number}" for number in range(100, 112)],
        ["a\tname", "a name"],
    ],
)
def test_two_names_never_have_the_same_label(names: list[str], longest: int) -> None:
    labels = labels_of(names, longest)
    assert list(labels) == names
    assert len(set(labels.values())) == len(names)
    assert max(map(len, labels.values())) <= longest


def test_the_part_in_which_names_differ_is_kept() -> None:
    names = [f"openrouter/meta-llama/llama-3.1-{size}-instruct-turbo-2025" for size in ("405b", "70b")]
    assert [size in label for size, label in zip(("405b", "70b"), labels_of(names, 22).values(), strict=True)] == [
        True
    ] * 2


def test_many_series_look_different_each() -> None:
    found = looks([str(number) for number in range(28)])
    assert len({(look.colour, look.line) for look in found.values()}) == 28
    assert all(to_hex(look.colour).upper() in COLOURS for look in found.values())


def test_points_are_spread_within_their_row() -> None:
    places = offsets(50, 0.6)
    assert len(set(places)) == 50
    assert -0.3 <= min(places) < max(places) <= 0.3
    assert offsets(1, 0.6) == [0]


def test_the_same_runs_give_the_same_bytes(results: Results) -> None:
    one, other = (draw(results, ["stock", "invalid"]) for _ in range(2))
    for first, second in zip(one, other, strict=True):
        for file_format in FORMATS:
            assert first.content(file_format) == second.content(file_format) == first.content(file_format)


def test_a_file_contains_neither_its_date_nor_the_program_that_wrote_it(results: Results) -> None:
    (drawn,) = draw(results, ["gain"])
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    for file_format in FORMATS:
        content = drawn.content(file_format)
        assert content.startswith(starts[file_format])
        assert b"Matplotlib v" not in content
        assert b"CreationDate" not in content
        assert b"<dc:date>" not in content
    assert b"Units received in total" in drawn.content("png")


def test_settings_of_matplotlib_neither_matter_nor_change(results: Results) -> None:
    expected = draw(results, ["gain"])[0].content("svg")
    with matplotlib.rc_context({"font.size": 20, "axes.grid": True, "svg.hashsalt": "other"}):
        before = dict(matplotlib.rcParams)
        assert draw(results, ["gain"])[0].content("svg") == expected
        assert dict(matplotlib.rcParams) == before


def test_societies_of_the_same_setup_are_numbered(write_run: WriteRun, tmp_path: Path) -> None:
    for society in ("one-a1b2c3", "two-d4e5f6"):
        write_run(f"{society}.jsonl", society=society)
    (drawn,) = draw(load(tmp_path), ["stock"], by="society")
    labels = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert labels == ["mock/one", "mock/one (2)", "optimal harvests"]


def test_names_that_look_like_formulas_or_hold_control_characters_are_shown_as_they_are(
    write_run: WriteRun, tmp_path: Path
) -> None:
    for number, model in enumerate(("$x_{", "a\nb\x1b[2J名 \udc80")):
        write_run(f"{number}.jsonl", settings={"models": {"default": model}})
    (drawn,) = draw(load(tmp_path), ["stock"], by="model")
    labels = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert labels == ["$x_{", "a b\\u001b[2J名 \ufffd", "optimal harvests"]
    for file_format in FORMATS:
        assert drawn.content(file_format)
    assert write_figures([drawn], tmp_path / "figures")


@pytest.mark.parametrize(
    ("runs", "status"),
    [
        (((10, 10, 10, 10),), None),
        (((20,), (20,)), None),
        (((0, 0, 0, 0), (0, 0, 0, 0)), None),
        (((10,), (10, 10)), "failed"),
        (((), ()), "cancelled"),
        (((10, 10),), "over-budget"),
    ],
    ids=["one run", "all collapsed", "no gain", "all censored", "no month at all", "one over its budget"],
)
def test_few_or_unusual_runs_are_drawn_or_the_reason_is_stated(
    write_cell: WriteCell, tmp_path: Path, runs: tuple[tuple[int, ...], ...], status: str | None
) -> None:
    write_cell("default", *runs, status=status)
    results = load(tmp_path)
    found = {drawn.name: drawn for drawn in draw(results)}
    assert all(drawn.caption for drawn in found.values())
    assert "nothing to compare" in found["effects"].caption


def test_a_figure_of_stopped_runs_states_that_it_has_no_values(write_cell: WriteCell, tmp_path: Path) -> None:
    write_cell("default", (10,), (10, 10), status="failed")
    (drawn,) = draw(load(tmp_path), ["gain"])
    assert drawn.frame.empty
    assert "no values to draw. Excluded: 2 of 2 runs (2 failed)." in " ".join(" ".join(texts(drawn)).split())


def test_runs_without_a_model_have_no_answers_and_no_cost(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("seed-0.jsonl")
    for drawn in draw(load(tmp_path), ["invalid", "cost"]):
        assert "No model replies are recorded" in drawn.caption


def test_a_difference_that_is_undefined_is_counted(write_cell: WriteCell, tmp_path: Path) -> None:
    write_cell("default", (10, 10, 10, 10))
    write_cell("other", (10,), status="failed")
    (undefined,) = drawn_by_name(load(tmp_path), "effects").values()
    assert "No difference is defined" in undefined.caption
    assert "1 failed" in undefined.caption
    write_cell("third", (10, 10, 10, 5))
    drawn = drawn_by_name(load(tmp_path), "effects")["effects-gain"]
    assert "1 comparison has no value in one group" in drawn.caption
    assert "1 failed" in drawn.caption


def test_runs_of_different_settings_are_panels_of_their_own(write_run: WriteRun, tmp_path: Path) -> None:
    for seed, growth in enumerate((2.0, 10.0, 1.5)):
        write_run(f"seed-{seed}.jsonl", settings={"seed": seed, "world": {"growth": growth}})
        write_run(f"model-{seed}.jsonl", society=f"two-{seed}", settings={"seed": seed, "world": {"growth": growth}})
    (drawn,) = draw(load(tmp_path), ["gain"], by="model")
    assert [axes.get_title(loc="left").split("\n")[0] for axes in drawn.figure.axes] == [
        "fishery · default · generative, growth 1.5",
        "fishery · default · generative, growth 2",
        "fishery · default · generative, growth 10",
    ]
    (drawn,) = draw(load(tmp_path), ["gain"])
    assert "Runs of one series differ in their settings (up to 3 settings)." in drawn.caption, "societies of one name"


def test_each_figure_is_written_with_its_numbers_and_its_caption(results: Results, tmp_path: Path) -> None:
    drawn = draw(results, ["gain"])
    paths = write_figures(drawn, tmp_path / "a" / "b", "svg")
    assert [path.name for path in paths] == ["gain.svg", "gain.csv", "gain.txt"]
    assert paths[1].read_text(encoding="utf-8").splitlines()[0] == ",".join(drawn[0].frame.columns)
    assert len(paths[1].read_text(encoding="utf-8").splitlines()) == 1 + len(drawn[0].frame)
    assert paths[2].read_text(encoding="utf-8").startswith("Distribution of gain. Units received in total.")


def test_a_folder_that_cannot_be_written_is_named(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"file: is not a writable folder"):
        write_figures(draw(results, ["gain"]), tmp_path / "file")


def test_resamples_come_from_the_generator_that_is_given(results: Results) -> None:
    rng = np.random.default_rng(1)
    before = rng.bit_generator.state
    draw(results, ["effects"], rng=rng)
    assert rng.bit_generator.state != before


WIDE = "W" * 70
"""A name of the widest letters, longer than any label."""


def cut_off(drawn: Drawn) -> list[str]:
    """Texts of a figure that reach beyond its edges, measured as finely as a file has them.

    Numbers are not looked at: ticks beyond the end of an axis exist, and are not drawn.
    """
    drawn.figure.set_dpi(300)
    drawn.figure.draw_without_rendering()
    inside = drawn.figure.bbox
    found = []
    for text in drawn.figure.findobj(Text):
        is_shown = any(char.isalpha() for char in text.get_text()) and text.get_visible()
        box = text.get_window_extent() if is_shown else None
        if box is not None and (box.x0 < inside.x0 - 1 or box.x1 > inside.x1 + 1 or box.y1 > inside.y1 + 1):
            found.append(text.get_text())
    return found


@pytest.mark.parametrize(("by", "baseline"), [("condition", None), ("model", f"{WIDE}/a")])
def test_no_text_is_cut_off_however_wide_names_are(
    write_cell: WriteCell, tmp_path: Path, by: str, baseline: str | None
) -> None:
    for end in "ab":
        write_cell("M" * 60 + end, (10, 10, 10, 10), (20,), model=f"{WIDE}/{end}")
    write_cell("default", (10, 10, 10, 10), (12, 20), model=f"{WIDE}/a")
    cut = {drawn.name: cut_off(drawn) for drawn in draw(load(tmp_path), KINDS, by=by, baseline=baseline)}
    assert {name.split("-")[0] for name in cut} == set(KINDS)
    assert {name: words for name, words in cut.items() if words} == {}


def test_models_that_begin_alike_have_labels_of_their_own(write_cell: WriteCell, tmp_path: Path) -> None:
    models = [f"openrouter/meta-llama/llama-3.1-{size}-instruct-turbo" for size in ("405b", "70b", "8b")]
    for model in models:
        write_cell("default", (10, 10, 10, 10), (20,), model=model)
    drawn = draw(
        load(tmp_path), ["stock", "gain", "equality", "effects", "invalid", "cost"], by="model", baseline=models[0]
    )
    for one, size in product(drawn, ("70b", "8b")):
        assert any(size in text for text in texts(one)), (one.name, texts(one))


def test_a_month_of_many_members_is_drawn_as_points(write_run: WriteRun, tmp_path: Path) -> None:
    names = [*NAMES, "Anna", "Paul", "Mary", "Omar", "Lena"]
    settings = {"society": {"members": names}, "world": {"months": 12}}
    write_run("seed-0.jsonl", asked=[dict.fromkeys(names, 20)], settings=settings)
    (drawn,) = draw(load(tmp_path), ["catch"])
    lines = drawn.figure.axes[0].get_lines()
    assert len(lines) == 11
    assert {(len(line.get_xdata()), line.get_marker()) for line in lines} == {(1, "o")}  # type: ignore[arg-type]


def test_an_experiment_of_one_month_has_room_beside_its_month(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("seed-0.jsonl", settings={"world": {"months": 1}})
    for kind in ("catch", "stock"):
        (drawn,) = draw(load(tmp_path), [kind])
        low, high = drawn.figure.axes[0].get_xlim()
        assert (low, high) == pytest.approx((0.4, 1.6)), kind


def test_an_interval_of_two_runs_does_not_stretch_the_axis(write_cell: WriteCell, tmp_path: Path) -> None:
    write_cell("default", (20,), (10, 10, 10, 10))
    write_cell("other", (20,), (5, 5, 5, 5))
    results = load(tmp_path)
    (drawn,) = draw(results, ["gain"])
    mean = drawn.frame[(drawn.frame["of"] == "mean") & (drawn.frame["condition"] == "default")]
    assert float(mean["low"].iloc[0]) == 0.0
    low, high = drawn.figure.axes[0].get_xlim()
    assert (low, high) == pytest.approx((0.0, 1.04 * 1.25 * 50)), "the largest value is the optimum of 250 units"
    assert {line.get_marker() for line in drawn.figure.axes[0].get_lines()} >= {">"}
    assert "An arrowhead" in drawn.caption
    effects = drawn_by_name(results, "effects")
    assert effects["effects-gain"].figure.axes[0].get_xlim() == pytest.approx((-41.25, 41.25), abs=0.1)
    efficiency = effects["effects-efficiency"]
    assert max(map(abs, efficiency.figure.axes[0].get_xlim())) <= 110
    assert "An arrowhead" not in efficiency.caption, "no interval leaves the possible differences"
