"""Sheets for programs: CSV, JSON and pandas."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from govsim.analysis.sheets.sheet import Sheet
from govsim.characters import without_formula

if TYPE_CHECKING:
    import pandas as pd

Record = Mapping[str, JsonValue]


def as_json(sheet: Sheet) -> str:
    """The records of a sheet as a JSON list; what does not exist is null."""
    return json.dumps([dict(record) for record in sheet.records], ensure_ascii=False, indent=2, allow_nan=False)


def as_csv(sheet: Sheet) -> str:
    """The records of a sheet as CSV with a line of names, without a newline at the end; what does not exist is empty.

    An estimate takes the columns `NAME`, `NAME_low`, `NAME_high` and `NAME_n`, any other object `NAME.KEY` for each
    key; texts of a list stand one after the other. Before a text that a spreadsheet would compute stands an apostrophe.
    """
    rows = [{name: _harmless(value) for name, value in flat(record).items()} for record in sheet.records]
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=_names(rows), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().removesuffix("\n")


def sheet_frame(sheet: Sheet) -> pd.DataFrame:
    """The records of a sheet as a frame with the columns of its CSV."""
    import pandas as pd

    rows = [flat(record) for record in sheet.records]
    return pd.DataFrame(rows, columns=_names(rows))


def flat(record: Record) -> dict[str, JsonValue]:
    """A record without objects and lists in it."""
    return dict(_parts(record))


def _parts(record: Record) -> Iterator[tuple[str, JsonValue]]:
    for key, value in record.items():
        if isinstance(value, dict) and "value" in value and key != "settings":
            yield key, value["value"]
            yield from ((f"{key}_{part}", inner) for part, inner in value.items() if part != "value")
        elif isinstance(value, dict):
            yield from ((f"{key}.{part}", inner) for part, inner in value.items())
        elif isinstance(value, list):
            yield key, " ".join(map(str, value))
        else:
            yield key, value


def _harmless(value: JsonValue) -> JsonValue:
    return without_formula(value) if isinstance(value, str) else value


def _names(rows: list[dict[str, JsonValue]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
