"""Tables as Markdown, LaTeX and HTML, written by pandas."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from html import escape
from math import ceil
from typing import TYPE_CHECKING

from govsim.analysis.tables.formatting import DASH
from govsim.analysis.tables.latex_pages import LEAD, LINES, MOST, height_of, pages_of, pages_of_notes
from govsim.analysis.tables.table import Column, ColumnPlace, Entry, Table, joined
from govsim.analysis.tables.text import clean, in_two_lines
from govsim.lazy import pandas as pd

if TYPE_CHECKING:
    from pandas.io.formats.style_render import CSSDict

_POSITION = re.compile(r'<(t[hd]) (?:id="[^"]*" )?class="[^"]*" ?>')
"""The classes of the row and column of a cell, as pandas writes them."""

_BETWEEN_TAGS = re.compile(r">\s*\n\s*<")

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$])")

_LATEX = {
    **{character: f"\\{character}" for character in "{}$&#_%"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}"},
    **{"–": "--", "—": "---", "±": r"$\pm$", "−": "$-$", "×": r"$\times$", "…": r"\ldots{}", "≥": r"$\geq$"},
    **{"≤": r"$\leq$", "·": r"\textperiodcentered{}", "²": r"\textsuperscript{2}", "•": r"\textbullet{}"},
    **{"†": r"\textdagger{}", "‡": r"\textdaggerdbl{}"},
}

_LINE = 78
"""Characters of a small font that fit on a line of a one-column article."""

_FIGURES = "white-space: nowrap; min-width: 0; font-variant-numeric: tabular-nums"

_STYLES: Sequence[CSSDict] = (
    {"selector": "th, td, caption", "props": "text-align: left"},
    {"selector": "th", "props": "vertical-align: bottom"},
    {"selector": "td", "props": "vertical-align: top"},
    {"selector": "small", "props": "display: block"},
)
"""Styles of all tables: those of pages and notebooks may be others."""

_LONG = 36
"""Characters of words that need a column of their own width on a page, of half as many em."""

_CAPTION = 62
"""Characters of a line of a caption."""

_SPANNED = "@spanned@"
_BEGIN = "\\begin{table*}[tp]\n"
_END = r"\end{table*}"
_PACKAGES = r"% needs \usepackage{booktabs,array}"


def as_markdown(table: Table, *, is_condensed: bool = True) -> str:
    """Format a table in GitHub's Markdown, with its notes as paragraphs below. A table without rows has no heading.

    Args:
        table: the table.
        is_condensed: whether values that all rows share are stated once, above the table.
    """
    table = table.shown_in_markup.condensed() if is_condensed else table.shown_in_markup
    shown = _Flat(table)
    rows = [[_in_a_cell(row[number], _markdown, "<sup>{}</sup>") for number in shown.numbers] for row in shown.rows]
    frame = _frame(rows, [_markdown(column.title) for column in shown.columns])
    alignment = ["right" if column.place == "figure" else "left" for column in shown.columns]
    body = frame.to_markdown(index=False, disable_numparse=True, colalign=alignment if rows else None)
    notes = [f"<sup>{mark}</sup> {_markdown(text)}" for mark, text in table.footnotes.items()]
    lead = [f"**{_markdown(table.title)}**", *map(_markdown, table.facts)]
    return "\n\n".join([*lead, *([body] if rows else []), *map(_markdown, table.notes), *notes])


def as_latex(table: Table) -> str:
    """Format a table in LaTeX, no wider than the text of a one-column or two-column paper.

    If rows do not fit on a line, labels and remarks are set on separate lines, and cells are wrapped between words. A
    table that is longer than a page, or that has more columns than fit, is split into several tables; those of further
    columns contain only rows with values. Special characters are escaped. A table without rows has no heading.
    """
    table = table.shown_in_markup.condensed()
    shown = _Flat(table)
    if not shown.rows:
        lead = rf"\textbf{{{_latex(_sentence(table.title))}}}"
        return "\n\n".join([f"{lead} {' '.join(map(_latex, table.facts))}".rstrip(), *map(_latex, table.notes)])
    parts = [shown] if shown.width <= _LINE else _parts(table)
    taken = 1.3 * ceil(len(" ".join([table.title, *table.facts])) / _CAPTION)
    pages = [(part, rows) for part in parts for rows in pages_of(part.latex_rows(), part.lines - taken) if rows]
    written = "".join(_latex_page(table, part, rows, page) for page, (part, rows) in enumerate(pages)).rstrip()
    footnotes = (rf"\textsuperscript{{{_latex(mark)}}} {_latex(text)}" for mark, text in table.footnotes.items())
    notes = (*map(_latex, table.notes), *footnotes)
    last, rows = pages[-1]
    free = 1 - (taken + sum(map(height_of, rows))) / last.lines
    below, *further = pages_of_notes(notes, max(0.0, free) * LINES[r"\footnotesize"])
    others = "".join(f"\n{_BEGIN}{_notes_to(table, len(pages))}{''.join(some)}{_END}" for some in further)
    return f"{_PACKAGES}\n{written.removesuffix(_END)}{''.join(below)}{_END}{others}"


def as_html(table: Table) -> str:
    """A table as a part of a page, with its title above and its notes below it. Without rows it has no heading."""
    marked = (f"<sup>{mark}</sup> {escape(clean(text))}" for mark, text in table.footnotes.items())
    notes = (f"<p>{note}</p>" for note in (*(escape(clean(note)) for note in table.notes), *marked))
    return "\n".join([html_table(table, table.title), *notes])


def html_table(table: Table, caption: str = "", *, is_condensed: bool = True) -> str:
    """A table as an element of a page; remarks of a row are below the last of its words. It loads nothing.

    Numbers are set flush right by a style of the table's own. Every text is escaped.

    Args:
        table: the table.
        caption: the text above it, before what all its rows share.
        is_condensed: whether values that all rows share are stated once instead of in a column.
    """
    from pandas.io.formats.style import Styler

    table = table.condensed() if is_condensed else table
    shown = _Flat(table)
    words = [number for number in table.at("label", "stub") if number in shown.numbers]
    numbers = [*words, *table.at("figure")]
    last, remarks = (words or numbers or [0])[-1], table.at("remark")
    cells = [[_html(table, row, number, remarks if number == last else ()) for number in numbers] for row in shown.rows]
    captions = " ".join(map(clean, [*([_sentence(caption)] if caption else []), *table.facts]))
    if not shown.rows:
        return f"<p>{escape(captions)}</p>" if captions else ""
    frame = _frame(cells, list(range(len(numbers))))
    heads = [escape(clean(table.columns[number].title)) for number in numbers]
    figures = f":nth-child(n+{len(words) + 1})"
    styles: list[CSSDict] = [
        *_STYLES,
        {"selector": f"th{figures}, td{figures}", "props": "text-align: right"},
        {"selector": f"td{figures}", "props": _FIGURES},
    ]
    is_wide = bool(words) and any(
        len(text) > _LONG
        for row in shown.rows
        for text in (" ".join(row[last].lines), *(row[number].value for number in remarks))
    )
    if is_wide:
        styles.append({"selector": f"th:nth-child({len(words)})", "props": f"min-width: {_LONG / 2:g}em"})
    if table.last_row is not None:
        styles.append({"selector": "tbody tr:last-child", "props": "font-weight: 600"})
    name = re.sub(r"\W+", "-", table.name)
    kinds = "-wide" * is_wide + "-total" * (table.last_row is not None)
    identifier = f"{name}-{len(words)}-{len(numbers)}{kinds}"  # tables with the same styles have the same one
    styler = Styler(frame, uuid=identifier, cell_ids=False).hide(axis="index")
    styler = styler.format_index(lambda number: heads[int(str(number))], axis=1).set_table_styles(styles)
    written = styler.to_html(caption=escape(captions) or None)
    return _BETWEEN_TAGS.sub(r">\n<", _POSITION.sub(_scoped, written))


def _scoped(tag: re.Match[str]) -> str:
    """The tag of a cell without the classes of its row and column, which no style needs."""
    return '<th scope="col">' if tag[1] == "th" else "<td>"


class _Flat:
    """All columns side by side, except empty ones."""

    font = r"\footnotesize"
    spaces = r"\setlength{\tabcolsep}{4pt}"

    def __init__(self, table: Table) -> None:
        self._table = table
        self.numbers = [
            number
            for places in (("label", "stub"), ("figure",), ("remark",))
            for number in table.at(*places)
            if table.columns[number].in_markup
        ]
        self.columns: Sequence[Column] = [table.columns[number] for number in self.numbers]
        self.rows = [*table.rows, *([table.last_row] if table.last_row is not None else [])]

    @property
    def lines(self) -> int:
        """Maximum lines on a page."""
        return LINES[self.font]

    @property
    def width(self) -> int:
        """Characters of the widest row."""
        cells = [[clean(" ".join(row[number].lines)) for row in self.rows] for number in self.numbers]
        heads = (max(map(len, in_two_lines(column.title))) for column in self.columns)
        return sum(2 + max([head, *map(len, texts)]) for head, texts in zip(heads, cells, strict=True))

    def latex_rows(self) -> list[list[str]]:
        """The rows as cells in LaTeX."""
        mark = r"\textsuperscript{{{}}}"
        return [[_in_a_cell(row[number], _latex, mark) for number in self.numbers] for row in self.rows]

    def column_format(self) -> str:
        """The column specification."""
        return "".join("r" if column.place == "figure" else "l" for column in self.columns)


class _Spanned(_Flat):
    """Labels and remarks on separate lines, and wrapped cells, so that the table fits the width of the text.

    Args:
        table: the table.
        omitted: columns that another part of the table has.
        is_further: whether this is not the first part, which has the remarks and all rows.
    """

    def __init__(self, table: Table, omitted: Collection[int] = (), *, is_further: bool = False) -> None:
        super().__init__(table)
        self._is_further = is_further
        outer = ("label",) if is_further else ("label", "remark")
        self._outer = [number for number in self.numbers if table.columns[number].place in outer]
        self.numbers = [
            number
            for number in self.numbers
            if table.columns[number].place in ("stub", "figure") and number not in omitted
        ]
        self.columns = [table.columns[number] for number in self.numbers]
        self._needs = tuple(zip(*(self._needed(number) for number in self.numbers), strict=True))
        self.font = r"\footnotesize" if sum(self._needs[0]) <= 0.92 * _LINE else r"\scriptsize"
        self.spaces = r"\setlength{\tabcolsep}{2pt}"

    @property
    def least(self) -> Sequence[int]:
        """Characters that each column needs at least."""
        return self._needs[0]

    def latex_rows(self) -> list[list[str]]:
        """The rows as cells in LaTeX, with the rows between them that span all columns."""
        rows: list[list[str]] = []
        before = ""
        figures = [number for number in self.numbers if self._table.columns[number].place == "figure"]
        for row in self.rows:
            if self._is_further and all(row[number].value in ("", DASH) for number in figures):
                continue
            label, remark = (self._line(row, place) for place in ("label", "remark"))
            if label and label != before:
                rows.append(self._span(rf"\textit{{{_latex(label)}}}", LEAD))
            before = label
            rows.append([_stacked(row[number]) for number in self.numbers])
            if remark:
                rows.append(self._span(_latex(remark)))
        return rows

    def column_format(self) -> str:
        """The widths of columns as parts of the text width: what each needs, and more for wrapped ones."""
        least, natural = self._needs
        spare, wanted = max(0, _LINE - sum(least)), max(1, sum(natural) - sum(least))
        widths = [low + min(1, spare / wanted) * (high - low) for low, high in zip(least, natural, strict=True)]
        return "".join(
            rf">{{\{'raggedleft' if column.place == 'figure' else 'raggedright'}\arraybackslash}}"
            rf"p{{\dimexpr {width / sum(widths):.4f}\textwidth-2\tabcolsep\relax}}"
            for column, width in zip(self.columns, widths, strict=True)
        )

    def _needed(self, number: int) -> tuple[int, int]:
        """Characters that a column needs: for its longest unbreakable part, and for its longest line."""
        entries = [row[number] for row in self.rows]
        lines = [clean(line) for entry in entries for line in entry.lines[1:]]
        firsts = [clean(entry.value) + ",".join(entry.marks) for entry in entries]
        firsts += in_two_lines(self._table.columns[number].title)
        whole = [line for line in lines if not _is_breakable(line)]
        words = [word for line in (*lines, *firsts) if line not in whole for word in line.split()]
        return 1 + max(map(_width, (*whole, *words)), default=0), 1 + max(map(_width, (*lines, *firsts)), default=0)

    def _line(self, row: Sequence[Entry], place: ColumnPlace) -> str:
        outer = [number for number in self._outer if self._table.columns[number].place == place]
        return joined([self._table.columns[number] for number in outer], [row[number] for number in outer])

    def _span(self, text: str, lead: str = "") -> list[str]:
        width = r"p{\dimexpr\textwidth-2\tabcolsep\relax}"
        spanning = rf"{lead}\multicolumn{{{len(self.numbers)}}}{{{width}}}{{\raggedright {text}}}"
        return [spanning, *[_SPANNED] * (len(self.numbers) - 1)]


def _parts(table: Table) -> list[_Spanned]:
    """A table whose columns do not fit side by side, in parts of as many columns as fit, each with all labels."""
    whole = _Spanned(table)
    least = dict(zip(whole.numbers, whole.least, strict=True))
    figures = [number for number in whole.numbers if table.columns[number].place == "figure"]
    room = MOST - sum(least[number] for number in whole.numbers if number not in figures)
    groups = _balanced({number: least[number] for number in figures}, room)
    return [
        _Spanned(table, [number for number in figures if number not in group], is_further=group is not groups[0])
        for group in groups
    ]


def _balanced(widths: Mapping[int, int], room: int) -> list[list[int]]:
    """Columns in their order, in as few groups as fit, none much wider than the others.

    Args:
        widths: the characters that each column needs.
        room: the characters of a group.
    """
    fewest = _groups(widths, room)
    narrower = (_groups(widths, least) for least in range(max(widths.values(), default=0), room))
    return next((groups for groups in narrower if len(groups) == len(fewest)), fewest)


def _groups(widths: Mapping[int, int], room: int) -> list[list[int]]:
    """Columns in their order, with as many in each group as fit."""
    groups: list[list[int]] = [[]]
    for number, width in widths.items():
        if groups[-1] and sum(widths[one] for one in groups[-1]) + width > room:
            groups.append([])
        groups[-1].append(number)
    return groups


def _stacked(entry: Entry) -> str:
    """A cell in LaTeX: further lines are below the value."""
    marks = rf"\textsuperscript{{{_latex(','.join(entry.marks))}}}" if entry.marks else ""
    others = (_latex(line) if _is_breakable(line) else _latex(line).replace(" ", "~") for line in entry.lines[1:])
    return r" \par ".join([_latex(entry.value) + marks, *others])


def _width(text: str) -> int:
    """The width of a text in digits: signs are wider."""
    return len(text) + sum(map(text.count, "±−"))


def _is_breakable(line: str) -> bool:
    """Whether a line below a value can be broken between its words: an interval, or words such as no spread seen."""
    return line.startswith("[") or not any(character.isdigit() for character in line)


def _latex_page(table: Table, shown: _Flat, rows: Sequence[list[str]], page: int) -> str:
    """Some rows as a LaTeX table, the first or a continued one."""
    heading = _two_rows([in_two_lines(_latex(column.title)) for column in shown.columns])
    caption = _latex(" ".join([_sentence(table.title), *table.facts]))
    written = (
        _frame(rows, heading)
        .style.hide(axis="index")
        .to_latex(
            environment="table*",
            position="tp",
            position_float="centering",
            caption=f"{caption} (Continued.)" if page else caption,
            label=f"tab:{table.name}{f'-{page + 1}' if page else ''}",
            column_format=shown.column_format(),
            sparse_columns=False,
            hrules=True,
        )
    )
    tabular = "\\begin{tabular}"
    return written.replace(f" & {_SPANNED}", "").replace(tabular, f"{shown.font}{shown.spaces}\n{tabular}", 1)


def _notes_to(table: Table, pages: int) -> str:
    """The heading of notes on a page of their own."""
    name = rf"\ref{{tab:{table.name}}}"
    named = rf"Table~{name}" if pages == 1 else rf"Tables~{name} to~\ref{{tab:{table.name}-{pages}}}"
    return f"\\noindent\\footnotesize Notes to {named}.\n"


def _frame(rows: Sequence[Sequence[str]], columns: list[str] | list[int] | pd.Index) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns, dtype=object)


def _two_rows(headings: Sequence[tuple[str, ...]]) -> pd.Index:
    if all(len(heading) == 1 for heading in headings):
        return pd.Index([heading[0] for heading in headings])
    return pd.MultiIndex.from_tuples([heading if len(heading) == 2 else ("", heading[0]) for heading in headings])


def _in_a_cell(entry: Entry, escaped: Callable[[str], str], mark: str) -> str:
    first, *others = entry.lines or ("",)
    text = " ".join([first, *(line if line[0] in "±[(" else f"({line})" for line in others)])
    return escaped(text) + (mark.format(",".join(entry.marks)) if entry.marks else "")


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", clean(text))


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in clean(text))


def _html(table: Table, row: Sequence[Entry], number: int, remarks: Sequence[int]) -> str:
    """A cell of a page: its value, and below it, in small print, its further lines and the remarks of its row."""
    entry = row[number]
    named = [table.columns[one].named(row[one].value) for one in remarks]
    marks = f"<sup>{','.join(entry.marks)}</sup>" if entry.marks else ""
    below = (f"<small>{escape(clean(text))}</small>" for text in (*entry.lines[1:], *named) if text)
    return escape(clean(entry.value)) + marks + "".join(below)


def _sentence(title: str) -> str:
    return title if title.endswith((".", ":", "?")) else f"{title}."
