"""Small SVG files of figures for pages."""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

from govsim.analysis.figures.compact import compact

SVG = "{http://www.w3.org/2000/svg}"


def as_written() -> str:
    """A figure with lines, markers, areas and text, as matplotlib writes it."""
    figure = Figure(figsize=(3.4, 2))
    ax = figure.subplots()
    for number in range(30):
        ax.plot([0, 1, 2], [number, number / 3, 2], marker="o", linestyle=("-", "--")[number % 2], label=f"r {number}")
    ax.fill_between([0, 1, 2], [0, 0, 0], [1, 2, 3], alpha=0.2)
    ax.set_title("a < b & 'c' \"d\" 1.234567")
    file = BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "font.family": "DejaVu Sans"}):
        figure.savefig(file, format="svg")
    return file.getvalue().decode()


def elements(svg: str, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(f"{SVG}{name}"))


def test_everything_that_is_drawn_is_kept() -> None:
    before, after = as_written(), compact(as_written())
    for name in ("path", "use", "text", "clipPath", "rect"):
        assert len(elements(after, name)) == len(elements(before, name)) > 0, name
    assert [text.text for text in elements(after, "text")] == [text.text for text in elements(before, "text")]


def test_the_file_is_less_than_half_as_large() -> None:
    assert len(compact(as_written())) < len(as_written()) / 2


def test_every_reference_and_every_class_is_defined_once() -> None:
    written = compact(as_written())
    names = re.findall(r' id="([^"]*)"', written)
    assert len(names) == len(set(names))
    assert set(names) == {one or other for one, other in re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', written)}
    assert set(re.findall(r' class="([^"]*)"', written)) == set(
        re.findall(r"[}>]\.([a-z]+){", written.replace("}", "}}"))
    )


def test_letters_have_the_font_that_was_measured() -> None:
    (style,) = elements(compact(as_written()), "style")
    assert style.text is not None
    assert "text{font-family:'DejaVu Sans'," in style.text


def test_only_coordinates_are_rounded() -> None:
    written = compact(as_written())
    assert "1.234567" in written
    assert not re.search(r'[ "LM]\d+\.\d{3}', re.sub(r">[^<]*<", "><", written))
