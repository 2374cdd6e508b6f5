"""Charts as options of ECharts: pure functions of the data.

Names from journals are values in these options, never keys, and tooltips are drawn as text, not as HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from govsim.analysis.measures import optimal_path
from govsim.characters import counted, shortened, visible
from govsim.commons import CENTS, collapse_level
from govsim.journal import BallotLine, Harvest
from govsim.web.run_state import RunState
from govsim.web.theme import COLOURS, GREY, colour_of

Options = dict[str, Any]

MOST_BARS = 12
"""The maximum number of members in stacked bars; more are shown as a heat map."""

_RED = "#D1493F"
_CLICKED = "month"
_FAINT = "rgba(128,136,144,0.25)"
_OF_OBJECTS = frozenset({"hasOwnProperty", "__proto__"})

SYMBOLS = ("circle", "rect", "triangle", "diamond", "roundRect", "pin")
"""Marks of points, so that series do not differ in colour only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line of a chart, with an optional band.

    Attributes:
        name: its name in the legend.
        values: a value for each category of the axis; None leaves a gap.
        low: the lower limits of the band; empty for no band.
        high: the upper limits of the band.
        colour: its colour.
        dash: the kind of line: solid, dashed or dotted.
        symbol: the mark of its points.
        is_step: whether it is a step function.
        width: the width of the line, in pixels.
    """

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    colour: str = COLOURS[0]
    dash: str = "solid"
    symbol: str = "circle"
    is_step: bool = False
    width: float = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A point of a scatter chart.

    Attributes:
        name: its name in the legend.
        number: its number, which determines its colour and mark on all charts.
        across: its x value.
        up: its y value.
    """

    name: str
    number: int
    across: float
    up: float


def named(text: str) -> str:
    """A name for a chart, shortened, and different from the properties that every JavaScript object has.

    ECharts stores the selection of a legend by name, and fails for a series called `hasOwnProperty`.
    """
    shown = visible(shortened(text, 40))
    return f"{shown}\u200b" if shown in _OF_OBJECTS else shown


def line_chart(curves: Sequence[Curve], places: Sequence[str], *, highest: float | None = None) -> Options:
    """A line chart over months, with bands.

    Args:
        curves: the lines.
        places: the categories of the axis.
        highest: the upper limit of the scale; automatic if None.
    """
    series: list[Options] = []
    for curve in curves:
        series += _band(curve)
        series.append(_line(curve))
    return {
        **_plain(places, highest=highest),
        "legend": _legend([curve.name for curve in curves]),
        "series": series,
    }


def stock_chart(state: RunState, selected: int | None) -> Options:
    """The stock by month, with the sustainable catch, the optimal stock and the collapse threshold; or a line per site.

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
        (level,) = levels
        options["series"][0]["markLine"] = _level(level, f"collapse below {level}")
    options["series"].append(_clickable(len(places), highest, selected))
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
        yield Curve(name=named(site), values=stocks, colour=colour, symbol=symbol, width=2.5)


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
            named(member),
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
            named(member),
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
            (named(option), COLOURS[place % len(COLOURS)], [one.tally.get(option) if one else None for one in ballots])
            for place, option in enumerate(options)
        ]
        return _stacked(state, bars, selected)
    values = [_number(one.value) if one else None for one in ballots]
    decided = Curve(name="decided", values=values, colour=GREY, dash="dashed", symbol="none")
    points = [
        Curve(
            name=named(member),
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
        series[0]["markArea"] = _marked(selected, len(places))
    if limit is not None:
        series.append({**_line(limit), "step": "middle"})
    return {**_plain(places), "legend": _legend([one["name"] for one in series]), "series": series}


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
        {"name": f"{named(member)}, month {number}", "value": [number - 1, rows[member], amount]}
        for number, harvest in state.harvests
        for member, amount in harvest.granted.items()
        if member in rows
    ]
    most = max([1, *(harvest.granted.get(member, 0) for _, harvest in state.harvests for member in rows)])
    options = _plain(_places(state))
    options["tooltip"] |= {"trigger": "item"}
    options["yAxis"] = {
        "type": "category",
        "data": [named(member) for member in state.members],
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
        **_marked(selected, len(_places(state))),
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
        Curve(name=named(member), values=own, colour=colour_of(member, state.members), width=2.5),
        Curve(name="mean of present members", values=mean, colour=GREY, dash="dashed", symbol="none"),
    ]
    return line_chart(curves, [str(number) for number, _ in state.harvests])


def scatter_chart(dots: Sequence[Dot], line: tuple[float, float] | None, *, across: str, up: str) -> Options:
    """A scatter chart, with a line within the range of the points.

    Args:
        dots: the points, with x values from 0 to 100.
        line: the intercept and the slope of the line; None for no line.
        across: the label of the x axis.
        up: the label of the y axis.
    """
    options = _plain([], across, up)
    options["xAxis"] |= {"type": "value", "data": None, "min": 0, "max": 100, "splitLine": {"show": False}}
    options["tooltip"] |= {"trigger": "item"}
    options["grid"] |= {"top": 32, "right": 24}
    series: list[Options] = [
        {
            "type": "scatter",
            "name": dot.name,
            "dimensions": [across, up],
            "encode": {"x": 0, "y": 1, "tooltip": [0, 1]},
            "data": [[round(dot.across, 2), round(dot.up, 2)]],
            "symbol": SYMBOLS[dot.number % len(SYMBOLS)],
            "symbolSize": 12,
            "itemStyle": {"color": COLOURS[dot.number % len(COLOURS)], "opacity": 0.9},
        }
        for dot in dots
    ]
    if line is not None and dots:
        series.append(_through(dots, line))
    return {**options, "legend": _legend([dot.name for dot in dots]), "series": series}


def _through(dots: Sequence[Dot], line: tuple[float, float]) -> Options:
    """The line from the leftmost point to the rightmost, without extrapolation."""
    places = sorted(dot.across for dot in dots)
    return {
        "type": "line",
        "name": "least squares",
        "data": [[place, round(line[0] + line[1] * place, 4)] for place in (places[0], places[-1])],
        "symbol": "none",
        "silent": True,
        "lineStyle": {"width": 1.5, "type": "dashed", "color": GREY},
    }


def values_text(options: Options) -> str:
    """The values of a chart as text, for screen readers.

    Args:
        options: the options of the chart.
    """
    named = options.get("legend", {}).get("data", [])
    parts = [f"{one['name']}: {_values(one['data'])}" for one in options["series"] if one["name"] in named]
    return shortened("; ".join(parts), 1200)


def _values(data: Sequence[object]) -> str:
    known = [value for value in data if value is not None]
    return ", ".join(" by ".join(f"{x:g}" for x in one) if isinstance(one, list) else f"{one:g}" for one in known)


def height_of(options: Options) -> int:
    """The height of a chart in pixels at which all names on its axis are readable; 0 for the default height."""
    axis = options["yAxis"]
    return 80 + 12 * len(axis["data"]) if axis["type"] == "category" else 0


def bands_of(name: str) -> tuple[str, str]:
    """The names of the two series that draw the band around a line."""
    return f"lower end of {name}", f"band of {name}"


def _plain(places: Sequence[str], across: str = "month", up: str = "", highest: float | None = None) -> Options:
    return {
        "animationDuration": 250,
        "animationDurationUpdate": 200,
        "textStyle": {"fontFamily": "system-ui, sans-serif", "color": GREY},
        "grid": {"left": 8, "right": 16, "top": 12, "bottom": 24, "containLabel": True},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True, "axisPointer": {"type": "shadow"}},
        "xAxis": {
            "type": "category",
            "data": list(places),
            "name": across,
            "nameLocation": "middle",
            "nameGap": 26,
            "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": _FAINT}},
            "axisLabel": {"color": GREY},
        },
        "yAxis": {
            "type": "value",
            "name": up,
            "nameTextStyle": {"align": "left", "color": GREY},
            "min": 0,
            "max": highest,
            "splitLine": {"lineStyle": {"color": _FAINT}},
            "axisLabel": {"color": GREY},
        },
    }


def _legend(names: Sequence[str]) -> Options:
    """The legend of ECharts, hidden: the page shows its own above the chart."""
    return {"show": False, "data": list(names)}


def _line(curve: Curve) -> Options:
    return {
        "type": "line",
        "name": curve.name,
        "data": _known(curve.values, is_step=curve.is_step),
        "step": "end" if curve.is_step else False,
        "symbol": curve.symbol,
        "symbolSize": 7,
        "showSymbol": curve.symbol != "none",
        "connectNulls": False,
        "lineStyle": {"width": curve.width, "type": curve.dash, "color": curve.colour},
        "itemStyle": {"color": curve.colour},
        "z": 3,
    }


def _known(values: Sequence[float | None], *, is_step: bool) -> list[float | None]:
    """Values up to the last known one; a step line would otherwise extend to the next category."""
    seen = list(values)
    while is_step and seen and seen[-1] is None:
        seen.pop()
    return seen


def _band(curve: Curve) -> list[Options]:
    """A band as two stacked invisible lines with a filled area between them."""
    if not curve.low:
        return []
    spread = [
        None if low is None or high is None else high - low for low, high in zip(curve.low, curve.high, strict=True)
    ]
    hidden: Options = {
        "type": "line",
        "symbol": "none",
        "silent": True,
        "lineStyle": {"opacity": 0},
        "tooltip": {"show": False},
        "stack": f"band of {curve.name}",
        "step": "end" if curve.is_step else False,
        "z": 1,
    }
    low, room_above = bands_of(curve.name)
    floor = {**hidden, "name": low, "data": _known(curve.low, is_step=curve.is_step)}
    room = {**hidden, "name": room_above, "data": _known(spread, is_step=curve.is_step)}
    return [floor, {**room, "areaStyle": {"color": curve.colour, "opacity": 0.14}}]


def _level(value: float, text: str) -> Options:
    return {
        "silent": True,
        "symbol": "none",
        "data": [{"yAxis": value}],
        "lineStyle": {"color": _RED, "type": "dashed", "width": 1},
        "label": {"formatter": text, "position": "insideEndTop", "color": GREY, "fontSize": 11},
    }


def _clickable(months: int, highest: float, selected: int | None) -> Options:
    """Transparent bars, so that a click anywhere in a month selects it."""
    return {
        "type": "bar",
        "name": _CLICKED,
        "data": [highest] * months,
        "barCategoryGap": "0%",
        "itemStyle": {"color": "rgba(0,0,0,0)"},
        "emphasis": {"itemStyle": {"color": _FAINT}},
        "tooltip": {"show": False},
        "cursor": "pointer",
        "z": 0,
        "markArea": _marked(selected, months),
    }


def _marked(selected: int | None, months: int) -> Options:
    """A shade over the selected month, if there are several."""
    place = None if selected is None or months < 2 else str(selected)
    return {
        "silent": True,
        "itemStyle": {"color": _FAINT},
        "data": [] if place is None else [[{"xAxis": place}, {"xAxis": place}]],
    }
