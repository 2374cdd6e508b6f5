"""Sheets as Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from govsim.analysis.sheets.sheet import Column, Entry, Sheet
from govsim.characters import visible

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$])")

_LATEX = {
    **{character: f"\\{character}" for character in "{}$&#_%"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}"},
    **{"–": "--", "—": "---", "±": r"$\pm$", "−": "$-$", "×": r"$\times$", "…": r"\ldots{}", "≥": r"$\geq$"},
}


def as_markdown(sheet: Sheet) -> str:
    """A sheet as a table in GitHub's Markdown, with its notes as paragraphs below."""
    shown = _Shown(sheet)
    lead = [*([f"**{_markdown(sheet.caption)}**"] if sheet.caption else []), *map(_markdown, shown.shared())]
    heading = [_markdown(column.name) for column in shown.columns]
    rule = ["---" if column.place in {"label", "stub", "remark"} else "---:" for column in shown.columns]
    rows = [[_marked(entry, _markdown, "<sup>{}</sup>") for entry in row] for row in shown.rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in (heading, rule, *rows))
    notes = [f"<sup>{mark}</sup> {_markdown(text)}" for mark, text in sheet.footnotes.items()]
    return "\n\n".join([*lead, table, *map(_markdown, sheet.notes), *notes])


def as_latex(sheet: Sheet) -> str:
    """A sheet as a LaTeX table with the rules of the package booktabs; whatever would be a command is escaped."""
    shown = _Shown(sheet)
    caption = " ".join(part for part in (sheet.caption, *shown.shared()) if part)
    columns = "".join("r" if column.place == "figure" else "l" for column in shown.columns)
    rows = (_latex_row(_marked(entry, _latex, r"\textsuperscript{{{}}}") for entry in row) for row in shown.rows)
    notes = (rf"\textsuperscript{{{mark}}} {_latex(text)}" for mark, text in sheet.footnotes.items())
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            *([rf"\caption{{{_latex(caption)}}}"] if caption else []),
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            *_latex_heading(shown.columns),
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par\smallskip{{\footnotesize {note}\par}}" for note in (*map(_latex, sheet.notes), *notes)),
            r"\end{table}",
        ]
    )


class _Shown:
    """The columns that markup shows: none that is empty everywhere; labels that all rows share stand apart."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._shared = [number for number in sheet.at("label") if self._is_shared(number)]
        numbers = [
            number
            for place in (("label", "stub"), ("figure",), ("remark",))
            for number in sheet.at(*place)
            if sheet.columns[number].in_markup and number not in self._shared
            if sheet.columns[number].place == "figure" or any(row[number].lines for row in sheet.rows)
        ]
        self.columns: Sequence[Column] = [sheet.columns[number] for number in numbers]
        self.rows: Sequence[Sequence[Entry]] = [[row[number] for number in numbers] for row in sheet.rows]

    def shared(self) -> Iterator[str]:
        """What all rows share, as one sentence, or nothing."""
        rows, columns = self._sheet.rows, self._sheet.columns
        told = [f"{columns[number].name}: {rows[0][number].value}" for number in self._shared]
        if told:
            yield f"All rows: {'; '.join(told)}."

    def _is_shared(self, number: int) -> bool:
        values = {row[number].lines for row in self._sheet.rows}
        return len(self._sheet.rows) > 1 and len(values) == 1 and values != {()}


def _marked(entry: Entry, escape: Callable[[str], str], mark: str) -> str:
    first, *others = (*(line for line in entry.lines if line), "")
    text = " ".join([first, *(line if line[0] in "±(" else f"({line})" for line in others if line)])
    return escape(text) + (mark.format(",".join(entry.marks)) if entry.marks else "")


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _in_a_line(text))


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in _in_a_line(text))


def _latex_heading(columns: Sequence[Column]) -> Iterator[str]:
    if any(column.heading[0] for column in columns):
        yield _latex_row(_latex(column.heading[0]) for column in columns)
    yield _latex_row(_latex(column.heading[1]) for column in columns)


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _in_a_line(text: str) -> str:
    return visible(" ".join(text.split()))
