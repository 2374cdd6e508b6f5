"""Every figure with one and many panels, series and long names: nothing overlaps or is cut off."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from govsim.analysis.figures import FIGURES, Drawn, draw
from govsim.analysis.results import Results, load
from govsim.journal import LABELS, Call
from tests.unit.analysis.dialogue.conftest import agreed, knows, label, line, promise

WriteRun = Callable[..., Path]

KINDS = [figure.name for figure in FIGURES if not figure.value.is_of_skills]
NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
LONG_CONDITION = "-".join(["no-communication-no-transparency-and-a-vote-on-quotas"] * 4)
LONG_MODEL = "openrouter/meta-llama/llama-3.1-instruct-turbo"


@pytest.fixture(scope="module")
def results_of(
    write_journal: WriteRun,
    write_judgement: WriteRun,
    make_call: Callable[..., Call],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[int, int], Results]:
    """Loads judged runs of so many models in so many conditions, all with long names."""
    known: dict[tuple[int, int], Results] = {}

    def results(models: int, conditions: int) -> Results:
        if (models, conditions) not in known:
            folder = tmp_path_factory.mktemp("runs")
            for model, condition, seed in product(range(models), range(conditions), range(2)):
                name = f"{LONG_MODEL}-{model}"
                said = [line(1, 0, "John", "ten"), line(1, 1, "Kate", "nine")]
                run = write_journal(
                    folder / f"{model}/{condition}/seed-{seed}.jsonl",
                    asked=[dict.fromkeys(NAMES, 5 + seed + condition // 3), dict.fromkeys(NAMES, 100)],
                    settings={
                        **{"seed": seed, "condition": f"{LONG_CONDITION}-{condition}" if condition else "default"},
                        **{"models": {"default": name}, "world": {"growth": 1.5}},
                    },
                    society=f"{name.replace('/', '-')}-fea8c0",
                    said=[*said, agreed(1, 9)],
                    calls=[make_call(model=name), make_call("line", phase="discussion", model=name)],
                )
                write_judgement(run, "labels", [label(one, LABELS[(seed + one.ordinal) % 8]) for one in said])
                write_judgement(run, "promises", [promise(one, 8 + one.ordinal) for one in said])
                write_judgement(run, "knowledge", [knows(2, member, True, seed == 1, False) for member in NAMES])
            known[models, conditions] = load(folder)
        return known[models, conditions]

    return results


def shown_texts(drawn: Drawn) -> list[Text]:
    """The texts of a figure that have letters; numbers of ticks beyond an axis exist and are not drawn."""
    texts = [text for text in drawn.figure.findobj(Text) if isinstance(text, Text) and text.get_visible()]
    return [text for text in texts if sum(map(str.isalpha, text.get_text())) > 1]


def check(drawn: Drawn) -> None:
    """Check that texts are whole and inside the figure, and that panels, legend and note do not overlap."""
    drawn.figure.draw_without_rendering()
    inside = drawn.figure.bbox
    for text in shown_texts(drawn):
        box = text.get_window_extent()
        assert inside.x0 - 1 <= box.x0, text.get_text()
        assert box.x1 <= inside.x1 + 1, text.get_text()
        assert inside.y0 - 1 <= box.y0, text.get_text()
        assert box.y1 <= inside.y1 + 1, text.get_text()
        assert "…" not in text.get_text(), text.get_text()
    boxes = [ax.get_tightbbox(for_layout_only=True) for ax in drawn.figure.axes]
    boxes += [one.get_window_extent() for one in (*drawn.figure.legends, *drawn.figure.texts)]
    for one, other in combinations([box for box in boxes if box is not None], 2):
        across, upright = min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= 1 or upright <= 1, "two parts of the figure overlap"
    for ax in drawn.figure.axes:
        assert ax.bbox.height / drawn.figure.dpi > 0.3
        assert ax.bbox.width / drawn.figure.dpi > 1
        names = [text for text in ax.get_yticklabels() if any(map(str.isalpha, text.get_text()))]
        for above, below in combinations([text.get_window_extent() for text in names], 2):
            assert min(above.y1, below.y1) - max(above.y0, below.y0) <= 1, "two names of rows overlap"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("models", "conditions"),
    [(1, 2), (2, 2), (4, 2), (13, 2), (1, 1), (1, 4), (1, 13)],
    ids=["1 panel", "2 panels", "4 panels", "13 panels", "1 series", "4 series", "13 series"],
)
def test_any_number_of_panels_and_series_has_room(
    results_of: Callable[[int, int], Results], kind: str, models: int, conditions: int
) -> None:
    found = draw(results_of(models, conditions), [kind])
    assert found
    for drawn in found:
        check(drawn)
        assert "fea8c0" not in " ".join(text.get_text() for text in shown_texts(drawn))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [1, 13])
def test_any_number_of_tested_models_has_room(
    write_tests: WriteRun, write_journal: WriteRun, tmp_path: Path, count: int
) -> None:
    for number in range(count):
        model = f"{LONG_MODEL}-{number}"
        write_tests(model, {"dynamics": [True, number % 2 == 0], "threshold_belief": [False, number % 3 == 0]})
        settings = {"models": {"default": model}}
        months = [*[dict.fromkeys(NAMES, 5)] * (number % 5), dict.fromkeys(NAMES, 100)]
        write_journal(tmp_path / f"{number}.jsonl", settings=settings, asked=months)
    for drawn in draw(load(tmp_path), ["skills"]):
        check(drawn)


def test_similar_panels_share_a_scale_and_others_have_their_own(write_run: WriteRun, tmp_path: Path) -> None:
    for most in (2, 3, 15):
        settings = {"world": {"months": 1, "growth": 1 + most / 50}}
        write_run(
            f"{most}.jsonl",
            settings=settings,
            asked=[dict.fromkeys(NAMES, most)],
            society=f"society-{most}",
            status="completed",
        )
    drawn = {kind: draw(load(tmp_path), [kind])[0] for kind in ("stock", "catch")}
    tops = {kind: [ax.get_ylim()[1] for ax in one.figure.axes] for kind, one in drawn.items()}
    assert len(set(tops["stock"])) == 1
    assert "different scales" not in drawn["stock"].caption
    assert len(set(tops["catch"])) > 1
    assert "Panels have different scales." in drawn["catch"].caption


def test_a_band_that_is_longer_than_the_scale_is_mentioned(write_run: WriteRun, tmp_path: Path) -> None:
    for seed, months in enumerate((1, 4, 4, 4)):
        settings = {"seed": seed, "world": {"months": 4}}
        asked = [dict.fromkeys(NAMES, 20 if months == 1 else 10 - (seed + month) % 3) for month in range(months)]
        write_run(f"{seed}.jsonl", settings=settings, asked=asked, status="collapsed" if months == 1 else "completed")
    (drawn,) = draw(load(tmp_path), ["regret"])
    top = drawn.figure.axes[0].get_ylim()[1]
    assert top < drawn.frame["high"].max()
    assert top > drawn.frame["regret"].max()
    assert "Bands that reach the upper edge continue" in drawn.caption


def test_intervals_of_equality_are_within_the_axis(write_run: WriteRun, tmp_path: Path) -> None:
    for seed in range(2):
        asked = [{name: 100 + number % 2 + seed for number, name in enumerate(NAMES)}]
        write_run(f"{seed}.jsonl", settings={"seed": seed}, asked=asked, status="collapsed")
    (drawn,) = draw(load(tmp_path), ["equality"])
    low, high = drawn.figure.axes[0].get_ylim()
    means = drawn.frame[drawn.frame["of"] == "mean"]
    assert low < float(means["equality_low"].min()) < 50
    assert high > float(means["equality_high"].max())


def test_the_default_condition_is_the_first_panel_and_settings_are_in_order(
    write_run: WriteRun, tmp_path: Path
) -> None:
    for condition in ("another", "default"):
        for growth in (2.0, 10.0, 1.5):
            settings = {"condition": condition, "world": {"growth": growth}}
            write_run(f"{condition}-{growth}.jsonl", settings=settings, society=f"growth-{growth}")
    (catches,) = draw(load(tmp_path), ["catch"])
    titles = [ax.get_title(loc="left").split("\n")[0] for ax in catches.figure.axes]
    assert [title.split(" · ")[1] for title in titles] == ["default"] * 3 + ["another"] * 3
    (effects, *_) = draw(load(tmp_path), ["effects"])
    assert [setup.rpartition(" ")[2] for setup in effects.frame["setup"]] == ["1.5", "2", "10"]


def test_the_legend_has_no_entry_that_is_not_drawn(write_run: WriteRun, tmp_path: Path) -> None:
    for months in (2, 3):
        write_run(f"{months}.jsonl", settings={"world": {"months": months}}, status="collapsed", society="one")
    for kind, entry in (("survival", "censored"), ("stock", "optimal harvests")):
        (drawn,) = draw(load(tmp_path), [kind])
        assert entry not in [text.get_text() for text in drawn.figure.legends[0].get_texts()]


def test_societies_are_named_by_their_setup(results_of: Callable[[int, int], Results]) -> None:
    (by_society,) = draw(results_of(2, 2), ["stock"], by="society")
    legend = [text.get_text().replace("\n", "").replace(" ", "") for text in by_society.figure.legends[0].get_texts()]
    assert legend == [*(f"{LONG_MODEL}-{number},growth1.5" for number in range(2)), "optimalharvests"]
    (effects,) = (one for one in draw(results_of(2, 2), ["effects"], by="condition") if one.name == "effects-gain")
    headings = " ".join(text.get_text() for text in effects.figure.axes[0].texts)
    assert headings.count("fishery ·") == headings.count("growth 1.5") == 2


def test_a_setup_that_all_panels_share_is_in_the_note_instead_of_every_title(
    results_of: Callable[[int, int], Results],
) -> None:
    for models, is_shared in ((1, True), (2, False)):
        (drawn,) = draw(results_of(models, 2), ["catch"])
        titles = [ax.get_title(loc="left").replace("\n", " ") for ax in drawn.figure.axes]
        assert [LONG_MODEL in title.replace(" ", "") for title in titles] == [not is_shared] * 2 * models
        assert (f"All panels: {LONG_MODEL}-0, growth 1.5." in drawn.caption) is is_shared
        assert len(set(titles)) == len(titles)


def test_series_without_values_have_no_row_and_are_named_in_the_note(write_run: WriteRun, tmp_path: Path) -> None:
    for condition, status in (("default", "collapsed"), ("stopped", "failed")):
        write_run(f"{condition}.jsonl", settings={"condition": condition}, status=status)
    (drawn,) = draw(load(tmp_path), ["gain"])
    assert [text.get_text() for text in drawn.figure.axes[0].get_yticklabels()] == ["default"]
    assert "Not shown where it has no values: stopped." in drawn.caption


def test_each_row_of_gain_has_the_equal_share_of_its_own_runs(write_run: WriteRun, tmp_path: Path) -> None:
    for condition, months in (("default", 2), ("other", 4)):
        settings = {"condition": condition, "world": {"months": months}}
        write_run(
            f"{condition}.jsonl",
            settings=settings,
            asked=[dict.fromkeys(NAMES, 10)] * months,
            status="completed",
            society="one",
        )
    (drawn,) = draw(load(tmp_path), ["gain"])
    dotted = [one for one in drawn.figure.axes[0].lines if one.get_linestyle() == ":"]
    shares = drawn.frame["sustainable"].dropna().unique().tolist()
    assert [float(np.asarray(one.get_xdata())[0]) for one in dotted] == shares
    assert len(shares) == 2


def test_rows_of_knowledge_that_no_series_has_are_not_drawn(results_of: Callable[[int, int], Results]) -> None:
    (drawn,) = draw(results_of(1, 1), ["knowledge"])
    rows = [text.get_text() for text in drawn.figure.axes[0].get_yticklabels()]
    assert "names the threshold" in rows
    assert len(rows) == drawn.frame["of"].nunique() < 5


def test_a_forest_plot_has_a_labelled_scale_with_a_grid(results_of: Callable[[int, int], Results]) -> None:
    for drawn in draw(results_of(7, 2), ["effects"]):
        (ax,) = drawn.figure.axes
        drawn.figure.draw_without_rendering()
        assert "difference from default" in ax.get_xlabel()
        assert [text for text in ax.get_xticklabels() if text.get_text() and text.get_visible()]
        assert ax.xaxis.get_tick_params()["labeltop"], "a tall figure has the scale at both ends"
        assert ax.xaxis.get_gridlines()[0].get_visible()


def test_the_columns_of_a_forest_plot_do_not_overlap(results_of: Callable[[int, int], Results]) -> None:
    for drawn in draw(results_of(1, 4), ["effects"]):
        drawn.figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in drawn.figure.axes[0].texts]
        assert len(boxes) > 3 * len(("n", "p", "adj."))
        for one, other in combinations(boxes, 2):
            assert not one.overlaps(other), "two texts overlap"
