"""Charts as ECharts' options: pure functions of what is shown.

Names from journals are values in these options, never keys, and tooltips are drawn as text, not as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from govsim.characters import shortened, visible
from govsim.journal import Harvest
from govsim.web.run_state import RunState
from govsim.web.theme import COLOURS, GREY, colour_of

Options = dict[str, Any]

MOST_BARS = 12
"""Members that stacked bars can tell apart; more are shown as a map of colours."""

_RED = "#D1493F"
_CLICKED = "month"
_FAINT = "rgba(128,136,144,0.25)"
_OF_OBJECTS = frozenset({"hasOwnProperty", "__proto__"})

SYMBOLS = ("circle", "rect", "triangle", "diamond", "roundRect", "pin")
"""Marks of points, so that colours are not all that tells them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line of a chart, with a band where it has one.

    Attributes:
        name: in the legend.
        values: one for each place of the axis; None leaves a gap.
        low: lower ends of the band; empty for none.
        high: its upper ends.
        colour: its colour.
        dash: the kind of line: solid, dashed or dotted.
        symbol: the mark of its points.
        is_step: whether it falls in steps.
        width: of the line, in pixels.
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
        name: its name.
        number: its place among all that have a colour and a mark, on whatever charts.
        across: where it lies, from the left.
        up: where it lies, from below.
    """

    name: str
    number: int
    across: float
    up: float


def named(text: str) -> str:
    """A name as a chart shows it: as a value, and never as one that every object in a browser has already.

    ECharts keeps what is chosen in a legend by name, and fails once `hasOwnProperty` is among them.
    """
    shown = visible(shortened(text, 40))
    return f"{shown}\u200b" if shown in _OF_OBJECTS else shown


def line_chart(curves: Sequence[Curve], places: Sequence[str], *, highest: float | None = None) -> Options:
    """A chart of lines over months, each with its band.

    Args:
        curves: the lines.
        places: the axis: the name of each place.
        highest: the upper end of the scale; as needed when None.
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
    """The stock over the months, with what could be taken sustainably and the level of collapse.

    Args:
        state: the run.
        selected: the month that is looked at.
    """
    world, places, harvests = state.experiment.world, _places(state), _harvests(state)
    stocks = [month.stock if (month := state.months.get(int(place))) else None for place in places]
    left = [one.stock_after_harvest if one else None for one in harvests]
    curves = [
        Curve(name="stock at the start", values=stocks, width=2.5),
        Curve(name="left after the harvest", values=left, colour=COLOURS[4], dash="dashed", symbol="diamond"),
        _sustainable(harvests),
    ]
    options = line_chart(curves, places, highest=world.capacity)
    options["series"][0]["markLine"] = _level(world.collapse, f"collapse below {world.collapse}")
    options["series"].append(_clickable(len(places), world.capacity, selected))
    return options


def catch_chart(state: RunState, selected: int | None) -> Options:
    """What each member received in each month, beside what could be taken sustainably.

    Args:
        state: the run.
        selected: the month that is looked at.
    """
    if len(state.members) > MOST_BARS:
        return _catch_map(state, selected)
    places, harvests = _places(state), _harvests(state)
    bars: list[Options] = [
        {
            "type": "bar",
            "stack": "catch",
            "name": named(member),
            "data": [one.granted.get(member) if one else None for one in harvests],
            "itemStyle": {"color": colour_of(member, state.members), "borderColor": "transparent", "borderWidth": 1},
            "barMaxWidth": 34,
            "cursor": "pointer",
        }
        for member in state.members
    ]
    bars[0]["markArea"] = _marked(selected, len(places))
    limit = _sustainable(harvests)
    return {
        **_plain(places),
        "legend": _legend([*(bar["name"] for bar in bars), limit.name]),
        "series": [*bars, {**_line(limit), "step": "middle"}],
    }


def _places(state: RunState) -> list[str]:
    """The months of a run's charts: all that it can have."""
    return [str(number) for number in range(1, max(state.experiment.world.months, state.last_month) + 1)]


def _harvests(state: RunState) -> list[Harvest | None]:
    """The harvest in each of these."""
    known = dict(state.harvests)
    return [known.get(int(place)) for place in _places(state)]


def _sustainable(harvests: Sequence[Harvest | None]) -> Curve:
    """What could be taken sustainably; on all charts of a run the same."""
    values = [one.threshold if one else None for one in harvests]
    return Curve(name="sustainable catch", values=values, colour=GREY, dash="dotted", symbol="none")


def _catch_map(state: RunState, selected: int | None) -> Options:
    """Members from top to bottom, months from left to right; the darker, the more was received."""
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
        "text": [f"{most:,} units", "0"],
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
    """What a member has received in all, month by month, beside the mean of those present.

    Args:
        state: the run.
        member: whose it is.
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
        Curve(name="mean of those present", values=mean, colour=GREY, dash="dashed", symbol="none"),
    ]
    return line_chart(curves, [str(number) for number, _ in state.harvests])


def scatter_chart(dots: Sequence[Dot], line: tuple[float, float] | None, *, across: str, up: str) -> Options:
    """Points, and a line through them as far as they reach.

    Args:
        dots: the points; across from 0 to 100.
        line: where it is at 0, and what it gains for 1; None for no line.
        across: what the axis across shows.
        up: what the axis up shows.
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
    """A line from the leftmost point to the rightmost; beyond them nothing has been seen."""
    places = sorted(dot.across for dot in dots)
    return {
        "type": "line",
        "name": "least squares",
        "data": [[place, round(line[0] + line[1] * place, 4)] for place in (places[0], places[-1])],
        "symbol": "none",
        "silent": True,
        "lineStyle": {"width": 1.5, "type": "dashed", "color": GREY},
    }


def told(options: Options) -> str:
    """The numbers of a chart in words, for who cannot see it.

    Args:
        options: the chart's.
    """
    named = options.get("legend", {}).get("data", [])
    parts = [f"{one['name']}: {_values(one['data'])}" for one in options["series"] if one["name"] in named]
    return shortened("; ".join(parts), 1200)


def _values(data: Sequence[object]) -> str:
    known = [value for value in data if value is not None]
    return ", ".join(" by ".join(f"{x:g}" for x in one) if isinstance(one, list) else f"{one:g}" for one in known)


def tallness(options: Options) -> int:
    """How many pixels high a chart has to be, so that all names on its axis can be read; 0 for any height."""
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
    """What can be taken out of the chart; it is shown above it, as text."""
    return {"show": False, "data": list(names)}


def _line(curve: Curve) -> Options:
    return {
        "type": "line",
        "name": curve.name,
        "data": _seen(curve.values, is_step=curve.is_step),
        "step": "end" if curve.is_step else False,
        "symbol": curve.symbol,
        "symbolSize": 7,
        "showSymbol": curve.symbol != "none",
        "connectNulls": False,
        "lineStyle": {"width": curve.width, "type": curve.dash, "color": curve.colour},
        "itemStyle": {"color": curve.colour},
        "z": 3,
    }


def _seen(values: Sequence[float | None], *, is_step: bool) -> list[float | None]:
    """Values up to the last one; a line in steps would be drawn on to the place after it."""
    seen = list(values)
    while is_step and seen and seen[-1] is None:
        seen.pop()
    return seen


def _band(curve: Curve) -> list[Options]:
    """A band as two lines on top of each other, of which only the room between is seen."""
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
    floor = {**hidden, "name": low, "data": _seen(curve.low, is_step=curve.is_step)}
    room = {**hidden, "name": room_above, "data": _seen(spread, is_step=curve.is_step)}
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
    """Bars that nobody sees and everybody hits: a click anywhere in a month chooses it."""
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
    """A shade over the month that is looked at, where there are others."""
    place = None if selected is None or months < 2 else str(selected)
    return {
        "silent": True,
        "itemStyle": {"color": _FAINT},
        "data": [] if place is None else [[{"xAxis": place}, {"xAxis": place}]],
    }
