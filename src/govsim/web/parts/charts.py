"""Charts as options of ECharts: pure functions of the data.

Names from journals are values in these options, never keys, and tooltips are drawn as text, not as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from govsim.characters import shortened, visible
from govsim.web.theme import COLOURS, GREY

Options = dict[str, Any]

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


def chart_name(text: str) -> str:
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
        series.append(line_options(curve))
    return {
        **plain(places, highest=highest),
        "legend": legend_options([curve.name for curve in curves]),
        "series": series,
    }


def scatter_chart(dots: Sequence[Dot], line: tuple[float, float] | None, *, across: str, up: str) -> Options:
    """A scatter chart, with a line within the range of the points.

    Args:
        dots: the points, with x values from 0 to 100.
        line: the intercept and the slope of the line; None for no line.
        across: the label of the x axis.
        up: the label of the y axis.
    """
    options = plain([], across, up)
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
    return {**options, "legend": legend_options([dot.name for dot in dots]), "series": series}


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


def has_values(options: Options) -> bool:
    """Whether any series in the legend of a chart has a value.

    Args:
        options: the options of the chart.
    """
    named = options.get("legend", {}).get("data")
    return any(
        value is not None for one in options["series"] if named is None or one["name"] in named for value in one["data"]
    )


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


def plain(places: Sequence[str], across: str = "month", up: str = "", highest: float | None = None) -> Options:
    """Return the options of an empty chart over categories.

    Args:
        places: labels of the categories, from left to right.
        across: title of the horizontal axis.
        up: title of the vertical axis, which starts at 0.
        highest: upper limit of the vertical axis; None for that of the data.
    """
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


def legend_options(names: Sequence[str]) -> Options:
    """The legend of ECharts, hidden: the page shows its own above the chart."""
    return {"show": False, "data": list(names)}


def line_options(curve: Curve) -> Options:
    """The options of one line."""
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


def nothing_drawn() -> Options:
    """The options of the text in the middle of a chart without values."""
    style = {"color": GREY, "fontSize": 13, "fontWeight": "normal"}
    return {"text": "No values", "left": "center", "top": "middle", "textStyle": style}


def level(value: float, text: str) -> Options:
    """The options of a labelled horizontal line."""
    return {
        "silent": True,
        "symbol": "none",
        "data": [{"yAxis": value}],
        "lineStyle": {"color": _RED, "type": "dashed", "width": 1},
        "label": {"formatter": text, "position": "insideEndTop", "color": GREY, "fontSize": 11},
    }


def clickable(months: int, highest: float, selected: int | None) -> Options:
    """Return transparent bars, so that a click anywhere in a month selects it.

    Args:
        months: number of bars.
        highest: height of the bars: the upper limit of the vertical axis.
        selected: the selected month, from 1, which is shaded; None for none.
    """
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
        "markArea": month_shade(selected, months),
    }


def month_shade(selected: int | None, months: int) -> Options:
    """A shade over the selected month, if there are several."""
    place = None if selected is None or months < 2 else str(selected)
    return {
        "silent": True,
        "itemStyle": {"color": _FAINT},
        "data": [] if place is None else [[{"xAxis": place}, {"xAxis": place}]],
    }
