"""Charts of a run over its months: stock, catches, gains, charges and votes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govsim.analysis.measures.optimal import optimal_path
from govsim.characters import counted
from govsim.commons import CENTS, collapse_level
from govsim.journal import BallotLine, Harvest
from govsim.web.parts.charts import (
    SYMBOLS,
    Curve,
    Options,
    chart_name,
    clickable,
    legend_options,
    level,
    line_chart,
    line_options,
    month_shade,
    plain,
)
from govsim.web.run_state import RunState
from govsim.web.theme import COLOURS, GREY, colour_of

MOST_BARS = 12
"""The maximum number of members in stacked bars; more are shown as a heat map."""


def stock_chart(state: RunState, selected: int | None) -> Options:
    """The stock by month, with the sustainable catch, the optimal stock and the collapse level; or a line per site.

    Args:
        state: the run.
        selected: the selected month.
    """
    experiment, places = state.experiment, _places(state)
    worlds = {site: experiment.at(site).world for site in experiment.site_names}
    highest = max(world.capacity for world in worlds.values())
    options = line_chart([*(_sites(state, places) if state.sites else _stock(state, places))], places, highest=highest)
    levels = {collapse_level(world, experiment.seed, site=site) for site, world in worlds.items()}
    if len(levels) == 1:
        (units,) = levels
        options["series"][0]["markLine"] = level(units, f"collapse below {units}")
    options["series"].append(clickable(len(places), highest, selected))
    return options


def _stock(state: RunState, places: Sequence[str]) -> Iterator[Curve]:
    """The lines of a run with one stock."""
    harvests = _harvests(state)
    stocks = [month.stock if (month := state.months.get(int(place))) else None for place in places]
    left = [one.stock_after_harvest if one else None for one in harvests]
    yield Curve(name="stock at the start", values=stocks, width=2.5)
    yield Curve(name="left after the harvest", values=left, colour=COLOURS[4], dash="dashed", symbol="diamond")
    yield _sustainable(harvests)
    yield from _optimal(state, len(places))


def _sites(state: RunState, places: Sequence[str]) -> Iterator[Curve]:
    """The stock at the start of each month at each site, 0 after its collapse."""
    for number, site in enumerate(state.sites):
        colour, symbol = COLOURS[number % len(COLOURS)], SYMBOLS[number % len(SYMBOLS)]
        stocks = [state.stock_at(site, int(place)) for place in places]
        yield Curve(name=chart_name(site), values=stocks, colour=colour, symbol=symbol, width=2.5)


def catch_chart(state: RunState, selected: int | None) -> Options:
    """The catch by member and month, with the sustainable catch.

    Args:
        state: the run.
        selected: the selected month.
    """
    if len(state.members) > MOST_BARS:
        return _catch_map(state, selected)
    harvests = _harvests(state)
    bars = [
        (
            chart_name(member),
            colour_of(member, state.members),
            [one.granted.get(member) if one else None for one in harvests],
        )
        for member in state.members
    ]
    return _stacked(state, bars, selected, limit=_sustainable(harvests))


def charges_chart(state: RunState, selected: int | None) -> Options:
    """Dollars that members paid in charges by month; below 0, what they received. A total if there are many members.

    Args:
        state: the run.
        selected: the selected month.
    """
    accounts = [month.accounts if (month := state.months.get(int(place))) else {} for place in _places(state)]
    if len(state.members) > MOST_BARS:
        totals = [sum(one.charged for one in of.values()) / CENTS if of else None for of in accounts]
        return _with_negative(_stacked(state, [("all members", COLOURS[0], totals)], selected))
    bars = [
        (
            chart_name(member),
            colour_of(member, state.members),
            [of[member].charged / CENTS if member in of else None for of in accounts],
        )
        for member in state.members
    ]
    return _with_negative(_stacked(state, bars, selected))


def votes_chart(state: RunState, subject: str, selected: int | None) -> Options:
    """The ballots of a vote by month: a point for each number and the decided value, or the votes for each option.

    Args:
        state: the run.
        subject: what is voted on.
        selected: the selected month.
    """
    ballots = [_ballot(state, subject, int(place)) for place in _places(state)]
    held = [one for one in ballots if one]
    if any(one.tally for one in held):
        options = dict.fromkeys(option for one in held for option in one.tally)
        bars = [
            (
                chart_name(option),
                colour_of(option, state.members) if option in state.members else COLOURS[place % len(COLOURS)],
                [one.tally.get(option) if one else None for one in ballots],
            )
            for place, option in enumerate(options)
        ]
        return _stacked(state, bars, selected)
    values = [_number(one.value) if one else None for one in ballots]
    decided = Curve(name="decided", values=values, colour=GREY, dash="dashed", symbol="none")
    points = [
        Curve(
            name=chart_name(member),
            values=[_number(one.ballots.get(member)) if one else None for one in ballots],
            colour=colour_of(member, state.members),
            symbol=SYMBOLS[place % len(SYMBOLS)],
            width=0,
        )
        for place, member in enumerate(state.members)
    ]
    return line_chart([decided, *points], _places(state))


def subjects_of(state: RunState) -> tuple[str, ...]:
    """What was voted on in a run, in the order of the first votes."""
    months = sorted(state.months.items())
    return tuple(dict.fromkeys(ballot.subject for _, month in months for ballot in month.ballots))


def _ballot(state: RunState, subject: str, month: int) -> BallotLine | None:
    found = state.months[month].ballots if month in state.months else []
    return next((one for one in found if one.subject == subject), None)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _with_negative(options: Options) -> Options:
    options["yAxis"]["min"] = None
    return options


def _stacked(
    state: RunState,
    bars: Sequence[tuple[str, str, Sequence[float | None]]],
    selected: int | None,
    limit: Curve | None = None,
) -> Options:
    """Stacked bars over the months, each with name, colour and values, and a line above them."""
    series: list[Options] = [
        {
            "type": "bar",
            "stack": "all",
            "name": name,
            "data": list(values),
            "itemStyle": {"color": colour, "borderColor": "transparent", "borderWidth": 1},
            "barMaxWidth": 34,
            "cursor": "pointer",
        }
        for name, colour, values in bars
    ]
    places = _places(state)
    if series:
        series[0]["markArea"] = month_shade(selected, len(places))
    if limit is not None:
        series.append({**line_options(limit), "step": "middle"})
    return {**plain(places), "legend": legend_options([one["name"] for one in series]), "series": series}


def _places(state: RunState) -> list[str]:
    """The months on the axis of a run's charts: all planned months."""
    return [str(number) for number in range(1, max(state.experiment.world.months, state.last_month) + 1)]


def _harvests(state: RunState) -> list[Harvest | None]:
    """The harvest of each month on the axis; None for no harvest."""
    known = dict(state.harvests)
    return [known.get(int(place)) for place in _places(state)]


def _optimal(state: RunState, months: int) -> list[Curve]:
    """The stock under optimal harvests; none if there is no single path."""
    if not (path := optimal_path(state.experiment)):
        return []
    stocks = [stock for stock, _ in path]
    values = [*stocks, *[None] * (months - len(stocks))]
    name = "stock under optimal harvests"
    return [Curve(name=name, values=values, colour=COLOURS[2], dash="dashed", symbol="none", width=1.5)]


def _sustainable(harvests: Sequence[Harvest | None]) -> Curve:
    """The sustainable catch by month, the same on all charts of a run."""
    values = [one.threshold if one else None for one in harvests]
    return Curve(name="sustainable catch", values=values, colour=GREY, dash="dotted", symbol="none")


def _catch_map(state: RunState, selected: int | None) -> Options:
    """The catch as a heat map: members from top to bottom, months from left to right; darker means larger."""
    rows = {member: row for row, member in enumerate(state.members)}
    points = [
        {"name": f"{chart_name(member)}, month {number}", "value": [number - 1, rows[member], amount]}
        for number, harvest in state.harvests
        for member, amount in harvest.granted.items()
        if member in rows
    ]
    most = max([1, *(harvest.granted.get(member, 0) for _, harvest in state.harvests for member in rows)])
    options = plain(_places(state))
    options["tooltip"] |= {"trigger": "item"}
    options["yAxis"] = {
        "type": "category",
        "data": [chart_name(member) for member in state.members],
        "inverse": True,
        "axisLabel": {"fontSize": 10.5, "interval": 0, "color": GREY},
        "axisTick": {"show": False},
    }
    options["visualMap"] = {
        "min": 0,
        "max": most,
        "orient": "horizontal",
        "left": "right",
        "top": 0,
        "itemHeight": 80,
        "itemWidth": 10,
        "inRange": {"color": ["#e8f1f8", "#7fb3d9", "#0072B2", "#00395a"]},
        "text": [counted(most, "unit"), "0"],
        "textStyle": {"color": GREY},
    }
    options["grid"] |= {"top": 36}
    mark = {
        **month_shade(selected, len(_places(state))),
        "itemStyle": {"color": "transparent", "borderColor": COLOURS[1], "borderWidth": 2},
        "z": 10,
    }
    heatmap = {"type": "heatmap", "name": "received", "data": points, "cursor": "pointer", "markArea": mark}
    return {**options, "series": [heatmap]}


def gains_chart(state: RunState, member: str) -> Options:
    """The cumulative catch of a member by month, with the mean of the present members.

    Args:
        state: the run.
        member: the name of the member.
    """
    own: list[float | None] = []
    mean: list[float | None] = []
    total = average = 0.0
    for _, harvest in state.harvests:
        total += harvest.granted.get(member, 0)
        average += sum(harvest.granted.values()) / max(len(harvest.granted), 1)
        own.append(total if member in harvest.granted or total else None)
        mean.append(round(average, 2))
    curves = [
        Curve(name=chart_name(member), values=own, colour=colour_of(member, state.members), width=2.5),
        Curve(name="mean of present members", values=mean, colour=GREY, dash="dashed", symbol="none"),
    ]
    return line_chart(curves, [str(number) for number, _ in state.harvests])
