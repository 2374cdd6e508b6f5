"""For any content of a result folder, an import ends with a readable journal or one line of error."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from govsim.analysis import read_run
from govsim.journal.original import import_original
from tests.original_results import config_of, rows_of, write_result

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 120),
    st.integers(min_value=2**60),
    st.floats(),
    st.sampled_from(["", "10", "persona_0", "framework", "harvesting", "utterance", "${llm.path}", "\ud83d", "a/../b"]),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["llm", "path", "perturbation"]), st.text(max_size=3), max_size=2),
)
ROWS = rows_of(lambda number, i: 11 + i, rounds=4)


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested keys."""
    found = [path] if path else []
    for key, value in content.items() if isinstance(content, dict) else ():
        found += places(value, (*path, key))
    return found


PLACES = places(config_of())


def changed(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Nested keys with another value in one place."""
    first, *others = path
    return {**content, first: changed(content[first], tuple(others), value) if others else value}


def check(rows: Any, config: Any) -> None:
    """Import one result, and read what comes of it."""
    with tempfile.TemporaryDirectory() as place:
        folder, message = Path(place) / "fishing_v7.0" / "gpt-4" / "run", list[str]()
        write_result(folder, rows, None)
        if config is not None:
            (folder / ".hydra").mkdir()
            (folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8", errors="replace")
        runs = import_original(Path(place), Path(place) / "out", lambda error: message.append(str(error)))
        assert len(runs) + len(message) == 1
        assert not [line for line in message if "\n" in line]
        for run in runs:
            measured = read_run(run.path)
            assert (measured.status, measured.months) == (run.end.status, run.end.months)
            assert run.path.resolve().is_relative_to(Path(place).resolve() / "out")


@given(row=st.integers(0, len(ROWS) - 1), key=st.sampled_from(sorted({key for row in ROWS for key in row})), value=ODD)
def test_any_value_in_any_row(row: int, key: str, value: Any) -> None:
    rows = [*ROWS[:row], {**ROWS[row], key: value}, *ROWS[row + 1 :]]
    check(rows, config_of())


@given(kept=st.sets(st.integers(0, len(ROWS) - 1), max_size=len(ROWS)), twice=st.integers(0, len(ROWS) - 1))
def test_any_rows_missing_or_duplicated(kept: set[int], twice: int) -> None:
    check([row for number, row in enumerate(ROWS) if number in kept], config_of())
    check([*ROWS, ROWS[twice]], None)


@given(path=st.sampled_from(PLACES), value=ODD)
def test_any_value_in_the_configuration(path: tuple[Any, ...], value: Any) -> None:
    check(ROWS, json.loads(json.dumps(changed(config_of(), path, value))))
