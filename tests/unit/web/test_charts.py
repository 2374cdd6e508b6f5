from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from govsim.analysis.figures.sheet import COLOURS as PRINTED
from govsim.commons import CENTS
from govsim.journal import Accounts, BallotLine, Harvest, read_journal
from govsim.web.parts.charts import Curve, Dot, chart_name, has_values, line_chart, scatter_chart, values_text
from govsim.web.parts.discussion import hits
from govsim.web.parts.live import legend_of
from govsim.web.parts.run_charts import (
    catch_chart,
    charges_chart,
    gains_chart,
    stock_chart,
    subjects_of,
    votes_chart,
)
from govsim.web.parts.runs import spark
from govsim.web.run_state import RunState
from govsim.web.theme import COLOURS, GREY, colour_of, initials
from tests.living import Live
from tests.unit.web.test_run_state import state_of


def series(options: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = [one for one in options["series"] if one["name"] == name]
    return found


def test_stock_chart_shows_the_values_of_the_journal(live: Live) -> None:
    settings = {"world.months": 4, "models.default": "fake/society", "models.args.catch": 14}
    (lived,) = live("fishery", settings)
    options = stock_chart(state_of(lived.journal.path), 1)
    months = lived.harvests
    assert series(options, "stock at the start")["data"] == [one.stock_before for one in months] + [None] * (
        4 - len(months)
    )
    assert series(options, "left after the harvest")["data"][0] == 30
    assert series(options, "sustainable catch")["data"][0] == 50
    assert options["series"][0]["markLine"]["data"] == [{"yAxis": 5}]
    assert options["xAxis"]["data"] == ["1", "2", "3", "4"]


def test_stock_chart_has_a_line_for_each_site_and_0_after_its_collapse(live: Live) -> None:
    sites = {"north": {"members": 1}, "south": {"members": 1, "world": {"capacity": 60}}}
    settings = {"agents.default": "policy:fair-share", "members.John.agent": "policy:greedy", "society.members": 2}
    (lived,) = live("fishery", {**settings, "world.months": 3, "sites": sites})
    options = stock_chart(state_of(lived.journal.path), 1)
    assert series(options, "north")["data"] == [100, 0, 0]
    assert series(options, "south")["data"] == [60, 60, 60]
    assert [one["name"] for one in options["series"]] == ["north", "south", "month"]


def test_every_month_of_the_stock_chart_is_clickable(journal: Path) -> None:
    clickable = series(stock_chart(state_of(journal), 2), "month")
    assert clickable["data"] == [100, 100]
    assert clickable["markArea"]["data"] == [[{"xAxis": "2"}, {"xAxis": "2"}]]


def test_catch_chart_stacks_the_catch_of_each_member_in_its_colour(journal: Path) -> None:
    state = state_of(journal)
    options = catch_chart(state, 1)
    for member in state.members:
        one = series(options, member)
        assert one["data"] == [harvest.granted[member] for harvest in read_journal(journal).of(Harvest)]
        assert one["itemStyle"]["color"] == colour_of(member, state.members)


def test_many_members_are_shown_as_a_heat_map(live: Live) -> None:
    (lived,) = live("fishery", {"world.months": 2, "society.members": 20, "agents.default": "policy:fair-share"})
    (shown,) = catch_chart(state_of(lived.journal.path), 1)["series"]
    assert shown["type"] == "heatmap"
    assert len(shown["data"]) == 2 * 20
    first = lived.journal.header.experiment.society.members[0]
    assert shown["data"][0] == {"name": f"{first}, month 1", "value": [0, 0, lived.harvests[0].granted[first]]}


def test_gains_chart_shows_cumulative_gain_and_mean(journal: Path) -> None:
    state = state_of(journal)
    options = gains_chart(state, "Kate")
    assert series(options, "Kate")["data"] == [10, 20]
    assert series(options, "mean of present members")["data"] == [10, 20]


def test_band_is_drawn_between_its_limits() -> None:
    options = line_chart([Curve(name="a", values=[2, 3], low=[1, None], high=[4, None])], ["1", "2"])
    floor, room, line = options["series"]
    assert floor["data"] == [1, None]
    assert room["data"] == [3, None]
    assert floor["stack"] == room["stack"]
    assert line["data"] == [2, 3]


def test_step_lines_end_at_the_last_known_value() -> None:
    curve = Curve(name="a", values=[1, 0.5, None], low=[1, 0.2, None], high=[1, 0.9, None], is_step=True)
    assert [one["data"] for one in line_chart([curve], ["0", "1", "2"])["series"]] == [[1, 0.2], [0, 0.7], [1, 0.5]]


def test_chart_has_a_text_alternative_and_a_matching_legend() -> None:
    curves = [Curve(name="a", values=[2, None, 3.5], low=[1, None, 1], high=[4, None, 4]), Curve(name="b", values=[1])]
    options = line_chart([curves[0], replace(curves[1], dash="dotted", symbol="none")], ["1", "2", "3"])
    assert values_text(options) == "a: 2, 3.5; b: 1"
    first, second = legend_of(options)
    assert (first.name, first.line, bool(first.mark)) == ("a", "", True)
    assert (second.name, second.line, second.mark) == ("b", "1.5 2.5", "")


def test_regression_line_does_not_extrapolate() -> None:
    dots = [Dot(name="a", number=0, across=20, up=3), Dot(name="b", number=1, across=60, up=9)]
    options = scatter_chart(dots, (1.0, 0.1), across="accuracy, %", up="months")
    assert series(options, "least squares")["data"] == [[20, 3], [60, 7]]
    assert values_text(options) == "a: 20 by 3; b: 60 by 9"


def test_names_from_journals_are_never_keys(journal: Path) -> None:
    """NiceGUI evaluates what stands under a key that begins with a colon."""
    state = state_of(journal)

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | set().union(*(keys(one) for one in value.values()), set())
        return set().union(*(keys(one) for one in value), set()) if isinstance(value, list | tuple) else set()

    for options in (stock_chart(state, 1), catch_chart(state, 1), gains_chart(state, "Kate")):
        assert not keys(options) & set(state.members)
        assert options["tooltip"]["renderMode"] == "richText", "not HTML"


def test_names_in_charts_differ_from_properties_of_javascript_objects() -> None:
    for name in ("hasOwnProperty", "__proto__"):
        assert chart_name(name) != name
        assert chart_name(name).strip("\u200b") == name
    assert chart_name("Kate") == "Kate"


def test_members_have_the_colours_of_the_figures() -> None:
    assert COLOURS[:6] == PRINTED[:6]
    assert len(set(COLOURS)) == 12
    roster = ("John", "Kate")
    assert (colour_of("John", roster), colour_of("Kate", roster)) == COLOURS[:2]
    assert colour_of("moderator", roster) == GREY


def test_initials_distinguish_members() -> None:
    assert [initials(name) for name in ("John", "Jack", "Mary Ann", "X")] == ["Jo", "Ja", "MA", "X"]


def test_sparkline_ends_with_the_stock_after_the_last_harvest() -> None:
    assert spark((100.0, 50.0, 0.0), 4, 100) == "0.0,0.0 25.0,12.0 50.0,24.0"
    assert spark((), 4, 100) == ""
    assert spark((100.0,), 12, 100) == "0.0,0.0 1.5,0.0", "a single point would not be seen"


def test_search_finds_utterances_summaries_and_thoughts_ignoring_case(journal: Path) -> None:
    state: RunState = state_of(journal)
    speaker = state.months[1].lines[1].member
    found = list(hits(state, f"i AM {speaker}"))
    assert {(hit.member, hit.kind) for hit in found} == {(speaker, "said")}
    kinds = {hit.kind for hit in hits(state, "10")}
    assert kinds == {"said", "summary", "thought"}
    assert list(hits(state, "never said")) == []


def test_charges_and_votes_are_drawn_by_month(live: Live) -> None:
    rules = [{"quota": {"amount": "decided"}}, "vote", "tax"]
    society = {"agents.default": "policy:fixed:8", "members.John.agent": "policy:fixed:14", "world.months": 2}
    [run] = live("fishery", {**society, "institutions": rules})
    state = state_of(run.journal.path)
    assert subjects_of(state) == ("quota.amount",)
    votes = votes_chart(state, "quota.amount", 1)
    ballots = next(run.journal.of(BallotLine)).ballots
    assert [series(votes, name)["data"][0] for name in ("John", "Luke")] == [ballots["John"], ballots["Luke"]]
    assert series(votes, "decided")["data"][0] == 8
    charges = charges_chart(state, 1)
    first = next(run.journal.of(Accounts)).members
    assert first["John"].charged > 0 > first["Kate"].charged
    assert [series(charges, name)["data"][0] for name in ("John", "Kate")] == [
        first[name].charged / CENTS for name in ("John", "Kate")
    ]
    assert charges["yAxis"]["min"] is None, "what members receive is below 0"


def test_votes_for_options_are_stacked(live: Live) -> None:
    rules = [{"quota": {"amount": "decided"}}, {"leader": {"powers": {"sets_quota": True}}}]
    [run] = live("fishery", {"agents.default": "policy:fair-share", "world.months": 1, "institutions": rules})
    state = state_of(run.journal.path)
    (subject,) = subjects_of(state)
    drawn = votes_chart(state, subject, 1)
    assert sum(one["data"][0] for one in drawn["series"]) == 5
    assert all(one["itemStyle"]["color"] == colour_of(one["name"], state.members) for one in drawn["series"])


def test_a_chart_without_values_is_recognized(journal: Path) -> None:
    state = state_of(journal)
    assert has_values(stock_chart(state, 1))
    assert has_values(catch_chart(state, 1))
    assert has_values(scatter_chart([], None, across="x", up="y")) is False
    state.months[1].harvests.clear()
    state.months[2].harvests.clear()
    assert not has_values(catch_chart(state, 1))
    assert not has_values(gains_chart(state, "Kate"))
