"""Truncated, damaged, mixed-up or malicious journals are read correctly or rejected in one line."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import govsim
from govsim.analysis import (
    RunMeasures,
    cells_of,
    format_spending,
    format_table,
    in_cells,
    load,
    read_run,
    seconds_left,
    spending,
)
from govsim.config import Execution, nested
from govsim.errors import GovSimError
from govsim.jobs import execute_all, plan_runs, prepare, replay
from govsim.journal import (
    EVENTS,
    Journal,
    MessageLine,
    Session,
    UnknownEvent,
    first_difference,
    is_unstarted,
    read_journal,
)
from govsim.journal.line import line_of

SETTINGS: dict[str, Any] = {
    "society.members": ["John", "Kate", "Luke"],
    "members.Luke.agent": "policy:greedy",
    "members.John.agent": "direct",
    "models.default": "fake/society",
    "models.args": {"lines": 2, "insights": 1},
    "world.months": 2,
    "world.collapse": 0,
}

HOSTILE: list[Any] = [
    *(
        "",
        "\x00",
        "\x1b[2J\x1b]0;x\x07",
        "\ud800",
        "\u2028",
        "\u202e",
        "\ufeff",
        "a" * 5000,
        "John",
        "NaN",
        "{{ 7*7 }}",
    ),
    *(-1, 0, 1, 2, 2**53 + 1, 10**400, -(10**30), 1.5, 1e308, float("nan"), float("inf"), True, False, None),
    *([], {}, ["John"], {"John": 1}, {"Bob": -1}, [[[[[[]]]]]], {"kind": "header"}, {"": {"": {"": ""}}}),
]

LINES = [
    *(b"", b" ", b"\x00" * 64, b"\xff\xfe", b"null", b"[]", b"{}", b"42", b'"', b"{", b'{"kind":', b"\x1f\x8b\x08\x00"),
    *(b'{"kind":"Weather"}', b'{"kind":"header"}', b'{"kind":"harvest"}', b'{"kind":["harvest"]}', b'{"kind":null}'),
    *(b"[" * 5000, b"[" * 5000 + b"]" * 5000, b"9" * 5000, b'{"kind":"call","kind":"end"}', b"\xef\xbb\xbf{}"),
]

quick = settings(
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def whole() -> Iterator[Path]:
    """The journal of a run of two months with members of every kind."""
    with TemporaryDirectory() as folder:
        runs = govsim.run("fishery", settings=SETTINGS, out=folder)
        assert [result.status for result in runs.results] == ["completed"]
        yield runs.results[0].path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a damaged journal is put."""
    return tmp_path / "seed-0.jsonl"


def outcome_of(use: Callable[[], object]) -> object:
    """The result of using a journal; an error must be one line of printable characters."""
    try:
        return use()
    except GovSimError as refused:
        expected = str(refused)
        assert expected
        assert len(expected) < 3000
        assert not {char for char in expected if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}}
        return refused


def used(path: Path) -> list[object]:
    """The results of everything that reads a journal."""
    ways: list[Callable[[], object]] = [
        lambda: read_journal(path),
        lambda: read_run(path),
        lambda: format_table(cells_of([read_run(path)])),
        lambda: json.dumps([cell.to_json() for cell in cells_of([read_run(path)])], allow_nan=False),
        lambda: format_spending(spending(load(path, frames=("calls",)).calls)),
        lambda: first_difference(read_journal(path), read_journal(path)),
        lambda: asyncio.run(replay(path)),
        lambda: is_unstarted(path),
        lambda: seconds_left(in_cells(load(path, frames=("status",)).states)),
    ]
    return [outcome_of(use) for use in ways]


def figures(run: RunMeasures) -> dict[str, object]:
    """All that a table is made of."""
    fields = ("status", "months", "invalid", "forfeited", "tokens", "cost")
    return {**{name: getattr(run, name) for name in fields}, **run.values}


def relived(path: Path) -> str:
    """The result of a replay: the same, or the difference."""
    try:
        found = asyncio.run(replay(path))
    except GovSimError as error:
        return f"refused: {error}"
    if found.difference is not None:
        return f"differs: {found.difference}"
    return "the same" if found.is_complete else "unfinished"


def test_an_intact_journal_is_read_by_all_readers(whole: Path) -> None:
    assert not [found for found in used(whole) if isinstance(found, GovSimError)]
    assert relived(whole) == "the same"


@quick
@given(data=st.data())
def test_a_journal_cut_anywhere_is_unfinished_and_never_finished(whole: Path, place: Path, data: st.DataObject) -> None:
    content = whole.read_bytes()
    place.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    found = used(place)
    if is_unstarted(place):
        assert isinstance(found[0], GovSimError)
        return
    journal, run = found[:2]
    if not isinstance(run, RunMeasures):
        assert re.search("empty or truncated in its first line", str(run))
        return
    assert isinstance(journal, Journal)
    # Without its first session, the journal does not say which process writes it.
    status = "running" if any(journal.of(Session)) else "killed"
    assert (run.status, run.values["gain"], run.months < 2) == (status, None, True)
    assert relived(place) == "unfinished"


@quick
@given(data=st.data())
def test_a_journal_with_damaged_bytes_is_rejected_or_can_be_used(whole: Path, place: Path, data: st.DataObject) -> None:
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    place.write_bytes(bytes(content))
    used(place)


@quick
@given(data=st.data())
def test_a_lost_line_break_loses_no_line(whole: Path, place: Path, data: st.DataObject) -> None:
    content = bytearray(whole.read_bytes())
    breaks = [at for at, byte in enumerate(content) if byte == 10][:-1]
    content[data.draw(st.sampled_from(breaks))] = data.draw(st.sampled_from(b"\r\t\x00\x0b ,x"))
    place.write_bytes(bytes(content))
    for found in used(place)[:7]:
        assert isinstance(found, GovSimError)
        assert re.search(r"line \d+: is not a valid journal line", str(found))


@quick
@given(data=st.data())
def test_lines_lost_doubled_or_moved_are_noticed(whole: Path, place: Path, data: st.DataObject) -> None:
    lines = whole.read_bytes().splitlines(keepends=True)
    at = data.draw(st.integers(1, len(lines) - 2))
    kind = json.loads(lines[at])["kind"]
    how = data.draw(st.sampled_from(["lost", "doubled", "moved"]))
    if how == "lost":
        del lines[at]
    elif how == "doubled":
        lines.insert(data.draw(st.integers(at, len(lines) - 1)), lines[at])
    else:
        lines.insert(data.draw(st.integers(1, len(lines) - 2)), lines.pop(at))
    place.write_bytes(b"".join(lines))
    used(place)
    expected, is_compared = relived(place), kind not in ("asked", "session", "request")
    if how == "moved" and kind != "session":
        assert expected == "the same"
    elif is_compared:
        assert re.match(r"refused: .*is a duplicate of line" if how == "doubled" else "differs|refused", expected)
    run = outcome_of(lambda: read_run(place))
    if isinstance(run, RunMeasures) and run.is_counted and (how, kind) != ("lost", "call"):
        assert figures(run) == figures(read_run(whole))


@quick
@given(data=st.data())
def test_a_hostile_line_anywhere_is_rejected_by_its_number(whole: Path, place: Path, data: st.DataObject) -> None:
    lines = whole.read_bytes().split(b"\n")
    at = data.draw(st.integers(0, len(lines) - 2))
    lines.insert(at, data.draw(st.sampled_from(LINES)))
    place.write_bytes(b"\n".join(lines))
    found = used(place)
    assert isinstance(found[0], GovSimError)
    assert re.search(rf"line ({at + 1}|{at + 2}): |is compressed|is encoded as UTF-16|byte order mark", str(found[0]))
    assert not isinstance(found[6], str)


def places_in(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of a JSON object, however deep."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places_in(value, (*path, key))


def with_value(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same JSON object with another value at a key."""
    here = json.loads(json.dumps(content))
    inner = here
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return here


@settings(quick, max_examples=4 * settings().max_examples)
@given(data=st.data())
def test_any_value_anywhere_is_read_or_rejected(whole: Path, place: Path, data: st.DataObject) -> None:
    lines = [json.loads(line) for line in whole.read_bytes().splitlines()]
    kinds = sorted({line["kind"] for line in lines})
    kind = data.draw(st.sampled_from(kinds))
    at = data.draw(st.sampled_from([number for number, line in enumerate(lines) if line["kind"] == kind][:5]))
    path = data.draw(st.sampled_from(list(places_in(lines[at]))))
    lines[at] = with_value(lines[at], path, data.draw(st.sampled_from(HOSTILE)))
    place.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    used(place)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["", "John", "month", "kind", "\x1b[2J", "\u202e", "{{ 7*7 }}", "<script>", "a" * 5000, "__class__", "identity"]
)
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
data_of_any_kind = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
kinds = st.from_regex(r"[a-z][a-z0-9]{0,8}(?:[-_][a-z0-9]{1,5}){0,2}", fullmatch=True).filter(
    lambda kind: kind not in EVENTS.names
)
fields_of_identity = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.integers(0, 3) | data_of_any_kind for name in ("month", "attempt")},
        **{name: st.sampled_from(["John", "vote"]) | data_of_any_kind for name in ("phase", "member", "purpose")},
    },
)


@st.composite
def unknown_events(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of undefined kinds, each with its own number."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        fields = {**draw(st.dictionaries(texts, data_of_any_kind, max_size=5)), **draw(fields_of_identity)}
        found.append({"kind": draw(kinds), **{k: v for k, v in fields.items() if k != "kind"}, "ordinal": number})
    return found


@quick
@given(data=st.data())
def test_events_of_any_unknown_kind_change_no_figure_and_survive_as_data(
    whole: Path, place: Path, data: st.DataObject
) -> None:
    unknown = data.draw(unknown_events())
    lines = whole.read_bytes().splitlines(keepends=True)
    for line in unknown:
        lines.insert(data.draw(st.integers(1, len(lines) - 1)), json.dumps(line).encode() + b"\n")
    place.write_bytes(b"".join(lines))
    journal = read_journal(place)
    events = sorted(journal.of(UnknownEvent), key=lambda event: event.identity[5])
    assert [{"kind": event.kind, **event.fields} for event in events] == unknown
    assert sum(journal.unknown.values()) == len(unknown)
    assert figures(read_run(place)) == figures(read_run(whole))
    assert first_difference(journal, journal) is None
    assert relived(place).startswith(f"refused: {place}: cannot be replayed")
    assert not [found for found in used(place)[:6] if isinstance(found, GovSimError)]
    written = place.with_name("again.jsonl")
    written.write_bytes(b"".join([line_of(journal.header), *map(line_of, journal.events)]))
    again = read_journal(written)
    assert [event.identity for event in again.events] == [event.identity for event in journal.events]
    assert (first_difference(journal, again), again.unknown) == (None, journal.unknown)


@quick
@given(data=st.data())
def test_a_change_in_any_field_of_an_unknown_event_is_a_difference(
    whole: Path, place: Path, data: st.DataObject
) -> None:
    line = data.draw(unknown_events())[0]
    path = data.draw(st.sampled_from([path for path in places_in(line) if path != ("kind",)]))
    changed = with_value(line, path, data.draw(data_of_any_kind))
    *before, last = whole.read_bytes().splitlines(keepends=True)
    found = []
    for content in (line, changed):
        place.write_bytes(b"".join([*before, json.dumps(content).encode() + b"\n", last]))
        found.append(read_journal(place))
    is_same = json.dumps(line, sort_keys=True) == json.dumps(changed, sort_keys=True)
    assert (first_difference(*found) is None) == is_same


def test_a_modified_message_is_rejected(whole: Path, place: Path) -> None:
    first = next(read_journal(whole).of(MessageLine))
    content = whole.read_text(encoding="utf-8").replace(f'"hash":"{first.hash}"', f'"hash":"{"0" * 16}"')
    place.write_text(content, encoding="utf-8")
    assert re.search("the content of the message does not match its hash", relived(place))


async def _continued(path: Path) -> list[str]:
    layers = [nested(key, value) for key, value in SETTINGS.items()]
    how = Execution(out=path)
    plans = plan_runs(govsim.config.merge({"scenario": "fishery"}, *layers), how)
    return [result.status for result in await execute_all(plans, prepare(plans, how))]


@quick
@given(data=st.data())
def test_a_damaged_journal_is_continued_to_the_same_end_or_left_as_it_is(whole: Path, data: st.DataObject) -> None:
    content = bytearray(whole.read_bytes())
    end = data.draw(st.integers(1, len(content)))
    del content[end:]
    is_damaged = data.draw(st.booleans())
    if is_damaged:
        content[data.draw(st.integers(0, end - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        place = Path(folder) / whole.relative_to(whole.parents[3])
        place.parent.mkdir(parents=True)
        place.write_bytes(bytes(content))
        found = outcome_of(lambda: asyncio.run(_continued(Path(folder))))
        if isinstance(found, GovSimError):
            assert place.read_bytes() == bytes(content)
        else:
            assert found == ["completed"]
            assert is_damaged or first_difference(read_journal(place), read_journal(whole)) is None
