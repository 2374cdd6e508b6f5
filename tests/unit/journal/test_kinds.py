"""Kinds of event that a plug-in defines, with the plug-in and without it."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import AliasChoices, ConfigDict, Field, ValidationError, computed_field

from govsim.errors import JournalError, PluginError
from govsim.journal import (
    EVENTS,
    Call,
    Difference,
    Event,
    Harvest,
    Identity,
    JournalKind,
    Recorder,
    StudyAnswer,
    UnknownEvent,
    Whole,
    first_difference,
    kinds_of,
    note_on_unknown,
    place_of,
    read_journal,
    read_study,
)
from govsim.plugins import PluginWarning

Make = Callable[..., Event]
Write = Callable[..., Path]
Install = Callable[..., None]


class Vote(Event):
    """What a member voted for."""

    kind: Literal["vote"] = "vote"
    month: Whole
    phase: str = "vote"
    member: str
    choice: Literal["yes", "no"] | None
    name: str = "quota"
    """A field may be called anything that a line can hold."""


def vote(member: str = "John", **changes: Any) -> Vote:
    return Vote(**{"month": 1, "member": member, "choice": "yes", **changes})


@pytest.fixture
def voted(run: list[Event], write_journal: Write, install: Install) -> Path:
    """A journal with two events of a plug-in that is not installed any more."""
    install(vote=Vote)
    path = write_journal([*run[:-1], vote("John"), vote("Kate", choice=None), run[-1]])
    install()
    return path


def line(**content: Any) -> bytes:
    return json.dumps({"kind": "vote", **content}, separators=(",", ":")).encode() + b"\n"


def with_lines(path: Path, *lines: bytes) -> Path:
    """The journal with lines before its last one."""
    *before, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*before, *lines, last]))
    return path


def test_an_event_of_a_plug_in_is_read_back_as_it_was_written(voted: Path, install: Install) -> None:
    install(vote=Vote)
    journal = read_journal(voted)
    assert list(journal.of(Vote)) == [vote("John"), vote("Kate", choice=None)]
    assert journal.unknown == {}


def test_without_the_plug_in_the_same_lines_are_data(voted: Path, run: list[Event]) -> None:
    journal = read_journal(voted)
    unknown = list(journal.of(UnknownEvent))
    assert [event for event in journal.events if not isinstance(event, UnknownEvent)] == run[1:]
    assert journal.unknown == {"vote": 2}
    assert unknown[1].fields == {
        **{"month": 1, "phase": "vote", "member": "Kate", "choice": None, "name": "quota"},
    }
    assert journal.status == "completed"


def test_an_event_has_the_same_identity_with_and_without_its_plug_in(voted: Path, install: Install) -> None:
    without = [event.identity for event in read_journal(voted).events]
    assert [place_of(event) for event in read_journal(voted).of(UnknownEvent)] == [
        f"vote, month 1, phase vote, member {member}" for member in ("John", "Kate")
    ]
    install(vote=Vote)
    assert [event.identity for event in read_journal(voted).events] == without


def test_with_selected_kinds_unknown_ones_are_skipped_and_counted(voted: Path) -> None:
    with_lines(voted, line(month=2, member="John", text='{"kind":"call"'), b'{"kind":"rain","months":[1]}\n')
    journal = read_journal(voted, kinds=["harvest"])
    assert [event.kind for event in journal.events] == ["session", "harvest", "end"]
    assert journal.unknown == {"vote": 3, "rain": 1}
    assert read_journal(voted).unknown == journal.unknown
    assert [event.kind for event in read_journal(voted, kinds=["vote"]).of(UnknownEvent)] == ["vote"] * 3


def test_an_unselected_kind_of_a_plug_in_is_skipped_and_not_unknown(voted: Path, install: Install) -> None:
    install(vote=Vote)
    journal = read_journal(voted, kinds=["harvest"])
    assert [event.kind for event in journal.events] == ["session", "harvest", "end"]
    assert journal.unknown == {}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b'{"kind":"vote","month":1', "invalid JSON: EOF"),
        (b'{"kind":"vote","month":1}{"kind":"vote","month":2}', "invalid JSON: trailing characters"),
        (b'{"kind":"vote","month":1} {"kind":"rain","month":2}', "invalid JSON: trailing characters"),
        (b'{"kind":"vote","a":NaN}', "contains a number that JSON cannot represent"),
        (b'{"kind":"vote","a":[{"b":1e999}]}', "contains a number that JSON cannot represent"),
        (b'{"kind":"vote","a":"\\ud800"}', "invalid JSON: "),
        (b'{"kind":"vote","a":' + b"9" * 5000 + b"}", "number out of range"),
        (b'{"kind":"vote","a":' + b"[" * 5000 + b"]" * 5000 + b"}", "recursion limit"),
        (b'{"kind":"vote","kind":"harvest"}', "kind: is given twice"),
        (b'{"kind":"vote","kind":"a b"}', "kind: is given twice"),
        (b'{"kind":"vote","kind":1}', "kind: must be text"),
        (b'{"kind":""}', "kind = : is not a valid name"),
        (b'{"kind":"Vote"}', "kind = Vote: is not a valid name"),
        (b'{"kind":"\\u001b[2J"}', ": is not a valid name"),
        (b'{"kind":["vote"]}', "kind: must be text"),
        (b'{"kind":null}', "kind: is missing"),
        (b'{"month":1}', "kind: is missing"),
        (b'["kind","vote"]', "it is not a JSON object"),
        (b'"kind"', "it is not a JSON object"),
        (b"", "invalid JSON: EOF"),
    ],
)
@pytest.mark.parametrize("only", [None, ["vote"]])
def test_a_line_that_is_not_an_event_is_rejected(
    voted: Path, broken: bytes, message: str, only: list[str] | None
) -> None:
    number = len(voted.read_bytes().splitlines())
    with_lines(voted, broken + b"\n")
    match = rf"line {number}: is not a valid journal line \(.*{re.escape(message)}"
    with pytest.raises(JournalError, match=match) as refused:
        read_journal(voted, kinds=only)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


def test_a_line_joined_to_a_skipped_one_is_detected(voted: Path) -> None:
    with_lines(voted, line(month=3, member="John").strip() + b" " + line(month=4, member="John"))
    with pytest.raises(JournalError, match=r"is not a valid journal line .*trailing characters"):
        read_journal(voted, kinds=["harvest"])


def test_a_duplicate_line_of_an_unknown_kind_is_rejected(voted: Path) -> None:
    with_lines(voted, line(month=1, phase="vote", member="Kate", choice="no"))
    with pytest.raises(JournalError, match=r"is a duplicate of line \d+ \(vote, month 1, phase vote, member Kate\)"):
        read_journal(voted)


@pytest.mark.parametrize("name", ["month", "phase", "member", "purpose", "ordinal", "attempt", "hash", "site"])
@pytest.mark.parametrize("value", [None, True, -1, 10**4000, 1.5, ["x"], {"a": 1}])
def test_a_field_of_another_type_is_not_part_of_the_identity(voted: Path, name: str, value: object) -> None:
    with_lines(voted, line(**{name: value}))
    event = read_journal(voted).events[-2]
    assert event.identity == (0, "", "", "vote", "", 0, 0, "", "")
    assert first_difference(read_journal(voted), read_journal(voted)) is None


def test_a_misspelt_field_of_a_known_kind_is_rejected(voted: Path, install: Install) -> None:
    with_lines(voted, line(month=2, member="John", choise="yes"))
    assert read_journal(voted).unknown == {"vote": 3}
    install(vote=Vote)
    with pytest.raises(JournalError, match=r"is not a valid journal line \(choice: is missing\)"):
        read_journal(voted)


def test_a_kind_of_a_broken_plug_in_is_unknown_and_the_plug_in_is_named_once(voted: Path, install: Install) -> None:
    install(vote="no_such_module:Vote")
    for kinds in (None, ["harvest"]):
        with pytest.warns(PluginWarning, match=r"^event vote of an unknown package .*No module named") as warned:
            assert read_journal(voted, kinds=kinds).unknown == {"vote": 2}
        assert len(warned) == 1


def test_a_plug_in_whose_events_do_not_occur_is_not_loaded(
    run: list[Event], write_journal: Write, install: Install
) -> None:
    install(vote="no_such_module:Vote")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_journal(write_journal(run)).unknown == {}


def test_an_event_occurs_only_in_the_journals_that_it_is_for(
    run: list[Event], study: list[Event], write_journal: Write, install: Install
) -> None:
    class Opinion(StudyAnswer):
        kind: Literal["opinion"] = "opinion"
        ordinal: Whole

    install(vote=Vote, opinion=Opinion)
    of_study = write_journal([*study, Opinion(ordinal=1)], "seed-0.study")
    assert list(read_study(of_study).of(StudyAnswer))[-1] == Opinion(ordinal=1)
    assert "opinion" in kinds_of(StudyAnswer)
    with pytest.raises(JournalError, match="kind = vote: is not allowed in the journal of a study"):
        read_study(write_journal([*study, vote()], "seed-1.study"))
    with pytest.raises(JournalError, match="kind = opinion: is not allowed in the journal of a run"):
        read_journal(write_journal([*run, Opinion(ordinal=1)]))
    install()
    assert read_study(of_study).unknown == {"opinion": 1}


def test_the_recorder_rejects_an_event_of_an_unregistered_kind_at_once(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "seed-0.jsonl"
    message = (
        r"^event vote \(Vote\): no such kind of event is registered; register the class under vote in the entry-point "
        r"group govsim\.events"
    )
    with Recorder(path) as recorder:
        recorder.write(make("header"))
        for record in (recorder.write, recorder.note):
            with pytest.raises(PluginError, match=message):
                record(vote())
        with pytest.raises(PluginError, match=message):
            recorder.write(make("month"), vote())
        recorder.end_phase(["John"])
    assert [event.kind for event in read_journal(path).events] == []


def test_the_recorder_rejects_another_class_of_a_registered_kind(install: Install, tmp_path: Path) -> None:
    class OtherVote(Vote):
        weight: int = 1

    class Imitation(Event):
        kind: Literal["harvest"] = "harvest"

    install(vote=Vote)
    with Recorder(tmp_path / "seed-0.jsonl") as recorder:
        with pytest.raises(PluginError, match=r"^event vote \(OtherVote\): another class is registered by an unknown"):
            recorder.write(OtherVote(month=1, member="John", choice="yes"))
        recorder.write(vote())
    with pytest.raises(PluginError, match=r"^event harvest \(Imitation\): another class is registered by govsim"):
        Recorder(None).write(Imitation())


def test_the_recorder_rejects_an_event_that_was_read_without_its_definition(voted: Path, tmp_path: Path) -> None:
    event = next(read_journal(voted).of(UnknownEvent))
    with (
        Recorder(tmp_path / "other.jsonl") as recorder,
        pytest.raises(PluginError, match=r"^event vote \(UnknownEvent"),
    ):
        recorder.write(event)


def test_a_resumed_run_replays_events_of_a_plug_in(voted: Path, install: Install) -> None:
    install(vote=Vote)
    before = voted.read_bytes()
    with Recorder(voted, read_journal(voted)) as recorder:
        recorder.write(vote("John"), vote("Kate", choice=None))
        assert not [event for event in recorder.unseen if event.kind == "vote"]
    with (
        Recorder(voted, read_journal(voted)) as recorder,
        pytest.raises(JournalError, match="vote, month 1, phase vote, member Kate: choice was null and is now"),
    ):
        recorder.write(vote("Kate"))
    assert voted.read_bytes() == before


Compare = Callable[[Sequence[bytes], Sequence[bytes]], Difference | None]


@pytest.fixture
def compare(voted: Path, tmp_path: Path) -> Compare:
    """The first difference of two journals with more lines."""

    def comparing(first: Sequence[bytes], second: Sequence[bytes]) -> Difference | None:
        paths = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
        for path, lines in zip(paths, (first, second), strict=True):
            path.write_bytes(voted.read_bytes())
            with_lines(path, *lines)
        return first_difference(*map(read_journal, paths))

    return comparing


def test_events_of_unknown_kinds_are_compared_as_data(compare: Compare) -> None:
    first = [line(month=2, member="John", choice="yes", cost=1, tally={"yes": 2})]
    assert compare(first, first) is None
    assert compare(first, [line(tally={"yes": 2}, cost=1, choice="yes", member="John", month=2)]) is None
    for change, key, values in (
        ({"choice": "no"}, "choice", ("yes", "no")),
        ({"cost": 2}, "cost", (1, 2)),
        ({"cost": 1.0}, "cost", (1, 1.0)),
        ({"tally": {"yes": 3}}, "tally.yes", (2, 3)),
    ):
        second = [line(**{"month": 2, "member": "John", "choice": "yes", "cost": 1, "tally": {"yes": 2}, **change})]
        found = compare(first, second)
        assert found == Difference(place="vote, month 2, member John", key=key, first=values[0], second=values[1])
    assert compare(first, []) == Difference(
        place="vote, month 2, member John", key="line", first="present", second=None
    )


def test_the_note_names_the_kinds_and_counts_their_events() -> None:
    assert note_on_unknown([]) is None
    assert note_on_unknown([{}, {}]) is None
    assert note_on_unknown([{"vote": 2}, {"vote": 1_000, "rain": 1}]) == (
        "Events of kinds that no installed package defines were read as data and not checked: rain (1), vote (1,002)."
    )
    many = note_on_unknown([{f"kind{number}": 1 for number in range(50)}, {"x" * 10_000: 1}])
    assert many is not None
    assert "and 46 other kinds" in many
    assert len(many) < 600


class Sanction(Event):
    kind: Literal["sanction"] = "sanction"


class _Alias(Sanction):
    by: str = Field("x", alias="from")


class _Choices(Sanction):
    by: str = Field("x", validation_alias=AliasChoices("from", "by"))


class _Excluded(Sanction):
    by: str = Field("x", exclude=True)


class _Computed(Sanction):
    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return 2


class _Lenient(Sanction):
    model_config = ConfigDict(extra="ignore")


class _Mutable(Sanction):
    model_config = ConfigDict(frozen=False)


class _OwnIdentity(Sanction):
    @property
    def identity(self) -> Identity:
        return ("sanction",)


class _NoLiteral(Event):
    kind: str = "sanction"


class _TwoKinds(Event):
    kind: Literal["sanction", "fine"] = "sanction"


class _TextMonth(Sanction):
    month: str


class _NoMonth(Sanction):
    month: int | None = None


class _AnyInteger(Sanction):
    month: int


class _Members(Sanction):
    member: tuple[str, ...]


class _Clock(Sanction):
    clock_fields: ClassVar = frozenset({"at"})


class _ClockMonth(Sanction):
    month: Annotated[int, Field(ge=1, le=12)]
    clock_fields: ClassVar = frozenset({"month"})


class _Nowhere(Sanction):
    journals: ClassVar[frozenset[JournalKind]] = frozenset()


class _Uncompared(Sanction):
    is_compared: ClassVar = False


class _Function(Sanction):
    how: Annotated[Callable[[], int], Field()] = int


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (_Alias, "by has an alias or is excluded"),
        (_Choices, "by has an alias or is excluded"),
        (_Excluded, "by has an alias or is excluded"),
        (_Computed, "double is a computed field, which cannot be read back"),
        (_Lenient, "its model_config sets extra = ignore, which must be forbid"),
        (_Mutable, "its model_config sets frozen = False, which must be True"),
        (_OwnIdentity, "it overrides identity"),
        (_NoLiteral, 'its field kind must be declared as kind: Literal["sanction"] = "sanction"'),
        (_TwoKinds, 'its field kind must be declared as kind: Literal["sanction"] = "sanction"'),
        (_TextMonth, "month must be a govsim.journal.Whole"),
        (_NoMonth, "month must be a govsim.journal.Whole"),
        (_AnyInteger, "month must be a govsim.journal.Whole"),
        (_Members, "member must be text"),
        (_Clock, "clock_fields contains at, which is not a field"),
        (_ClockMonth, "clock_fields contains month, which is not a field that comparisons include"),
        (_Nowhere, "journals must contain run, study or both"),
        (_Uncompared, "is_compared = False is only for built-in events"),
        (_Function, "a field cannot be serialized to JSON"),
        (Vote, "its name is 'vote', but must be 'sanction'"),
        (Event, 'it must declare kind: Literal["sanction"] = "sanction"'),
        (ValidationError, "it must be a class derived from govsim.journal.Event"),
        (Sanction(), "it must be a class derived from govsim.journal.Event"),
    ],
)
def test_a_class_that_is_not_an_event_is_rejected_with_the_reason(install: Install, value: Any, message: str) -> None:
    install(sanction=value)
    with pytest.raises(PluginError, match=re.escape(message)):
        EVENTS.find("sanction")


def test_the_events_of_govsim_are_registered_in_the_file_that_defines_them() -> None:
    found = {extension.name: extension.value for extension in EVENTS}
    assert found["harvest"] is Harvest
    assert found["call"] is Call
    assert {extension.origin for extension in EVENTS} == {"govsim"}
    assert kinds_of(StudyAnswer) == ("solution", "recognition", "label", "promise", "knowledge")
