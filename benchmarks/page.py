"""The tables of docs/performance.md, made from results.json: ``python -m benchmarks.page`` rewrites them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import Results, read

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def write(results: Results, page: Path = PAGE) -> None:
    """Update all tables of the page."""
    put(tables(results), page)


def put(contents: dict[str, str], page: Path = PAGE) -> None:
    """Update some tables of the page."""
    page.write_text(with_contents(page.read_text(encoding="utf-8"), contents), encoding="utf-8")


def with_tables(text: str, results: Results) -> str:
    """Return a page with updated tables of results.json."""
    return with_contents(text, tables(results))


def with_contents(text: str, contents: dict[str, str]) -> str:
    """Return a page with updated tables between its marks: ``<!-- made: NAME -->`` and ``<!-- /made -->``."""
    for name, content in contents.items():
        opening = f"<!-- made: {name} -->\n"
        places = text.count(opening)
        if places != 1:
            raise ValueError(f"the page has {places} places for the table {name!r}; must have one")
        before, _, rest = text.partition(opening)
        _, closing, after = rest.partition("<!-- /made -->")
        text = f"{before}{opening}\n{content}\n\n{closing}{after}"
    return text


def tables(results: Results) -> dict[str, str]:
    """All tables of the page by name."""
    rows: list[dict[str, Any]] = results["rows"]
    embedded = [row for row in rows if row["what"].startswith("embedded")]
    return {
        "machine": _machine(results),
        "targets": _targets([row for row in rows if row not in embedded]),
        "embedded": _targets(embedded),
        "growth": _growth(results["growth"]),
        "profile": _profile(results["profile"]),
    }


def tables_of_pages(results: Results) -> dict[str, str]:
    """The tables of the section on pages, made from viewing.json."""
    return {
        "machine of the pages": f"{_machine(results)[:-1]}; Chromium {results['browser']}.",
        "pages": medians(results["rows"]),
    }


def tables_of(name: str, results: Results) -> dict[str, str]:
    """The tables of a section with its own results file, such as starting.json."""
    return {f"machine of {name}": _machine(results), name: medians(results["rows"])}


def medians(rows: Sequence[dict[str, Any]]) -> str:
    """A table of rows with their targets, medians and ranges."""
    return _table(
        ("", "target", "median", "lowest – highest", ""),
        (
            (
                row["what"],
                _target(row),
                _with_unit(_number(row["median"], row["digits"]), row),
                f"{_number(min(row['values']), row['digits'])} – {_number(max(row['values']), row['digits'])}",
                _verdict(row),
            )
            for row in rows
        ),
    )


def _machine(results: Results) -> str:
    machine, versions = results["machine"], dict(results["versions"])
    python = versions.pop("python")
    packages = ", ".join(f"{name} {number}" for name, number in versions.items())
    return (
        f"Measured on {machine['processors']} processors ({machine['processor']}) with {machine['memory_gb']} GB of "
        f"memory, {machine['system']}, Python {python}, {packages}; medians of {results['repeats']}."
    )


def _targets(rows: Sequence[dict[str, Any]]) -> str:
    return _table(
        ("", "original", "target", "govsim", "lowest – highest", ""),
        (
            (
                row["what"],
                _with_unit(row["original"] or "–", row),
                _target(row),
                _with_unit(_number(row["median"], row["digits"]), row),
                f"{_number(min(row['values']), row['digits'])} – {_number(max(row['values']), row['digits'])}",
                _verdict(row),
            )
            for row in rows
        ),
    )


def _verdict(row: dict[str, Any]) -> str:
    return "" if row["target"] is None else "reached" if row["is_reached"] else "**missed**"


def _target(row: dict[str, Any]) -> str:
    if row["target"] is None:
        return "–"
    number = f"{row['target']:,}" if row["target"] >= 1000 else f"{row['target']:g}"
    return f"{'≥' if row['is_least'] else '≤'} {_with_unit(number, row)}"


def _with_unit(number: str, row: dict[str, Any]) -> str:
    return f"{number} {row['unit']}" if row["unit"] and number != "–" else number


def _growth(points: Iterable[dict[str, Any]]) -> str:
    return _table(
        ("months", "members", "lines", "time", "processor time", "requests", "input tokens", "written"),
        (
            (
                str(point["months"]),
                str(point["members"]),
                str(point["lines"]),
                f"{point['seconds']:.2f} s",
                f"{point['processor']:.2f} s",
                _number(point["requests"]),
                _number(point["input_tokens"]),
                f"{point['bytes'] / 1e6:.2f} MB",
            )
            for point in points
        ),
    )


def _profile(parts: dict[str, float]) -> str:
    whole = sum(parts.values())
    return _table(
        ("part", "for a request", "share"),
        [
            *((part, f"{each:.2f} ms", f"{each / whole:.0%}") for part, each in parts.items()),
            ("all", f"{whole:.2f} ms", ""),
        ],
    )


def _number(value: float, digits: int = 0) -> str:
    return f"{value:,.{digits}f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    write(read())
