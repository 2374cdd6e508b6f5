"""Runs with a plug-in phase that writes its own event, and their journals without the plug-in."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Literal

import httpx
import pytest

from govsim import plugins
from govsim.journal import EVENTS, Event, Journal, UnknownEvent, Whole, read_journal
from govsim.plugins import PluginWarning
from govsim.society import PHASES, Phase, Society
from tests.browser.serving import served
from tests.commands import Done, govsim

NOTE = "Events of kinds that no installed package defines were read as data and not checked: vote"


class Vote(Event):
    """The vote of a member."""

    kind: Literal["vote"] = "vote"
    month: Whole
    phase: str = "vote"
    member: str
    limit: Whole


class VotePhase(Phase):
    """Every member votes for its share."""

    name = "vote"

    async def run(self, society: Society) -> None:
        for member in society.state.members:
            society.recorder.note(Vote(month=society.state.month, member=member, limit=10))


class UnregisteredPhase(VotePhase):
    """Writes an event of an unregistered kind."""

    async def run(self, society: Society) -> None:
        class Fine(Event):
            kind: Literal["fine"] = "fine"
            month: Whole

        society.recorder.note(Fine(month=society.state.month))


Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a plug-in with these extensions, by group and name, replacing the previous one."""

    def installing(*, events: dict[str, object] | None = None, phases: dict[str, object] | None = None) -> None:
        module = ModuleType("govsim_vote")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        points: dict[str, list[EntryPoint]] = {}
        for group, some in {"govsim.events": events or {}, "govsim.phases": phases or {}}.items():
            for name, value in some.items():
                setattr(module, f"{group[7:]}_{name}", value)
                place = value if isinstance(value, str) else f"govsim_vote:{group[7:]}_{name}"
                point = EntryPoint(name=name, value=place, group=group)
                vars(point).update(dist=SimpleNamespace(name="govsim-vote", version="1.2"))
                points.setdefault(group, []).append(point)
        monkeypatch.setattr(plugins, "installed", lambda group: tuple(points.get(group, ())))
        for registry in (EVENTS, PHASES):
            registry.forget()

    yield installing
    for registry in (EVENTS, PHASES):
        registry.forget()


def run(folder: Path, *more: str) -> Done:
    settings = ("society.phases=[harvest, report, vote]", "agents.default=policy:random", "world.months=3")
    return govsim(folder, "run", "fishery", "--runs", "2", *(f"--set={one}" for one in settings), *more)


@pytest.fixture
def voted(install: Install, tmp_path: Path) -> Path:
    """A folder with runs of two conditions with votes; the plug-in is no longer installed."""
    install(events={"vote": Vote}, phases={"vote": VotePhase})
    for condition in ("default", "universalization"):
        done = run(tmp_path, "--condition", condition)
        assert done.returncode == 0, done.stderr
    install()
    return tmp_path


def first(folder: Path) -> Path:
    return sorted(folder.rglob("*.jsonl"))[0]


def test_a_journal_holds_the_votes_and_is_replayed_with_the_plug_in(voted: Path, install: Install) -> None:
    install(events={"vote": Vote}, phases={"vote": VotePhase})
    journal = read_journal(first(voted))
    months = journal.header.experiment.world.months
    assert len(list(journal.of(Vote))) == 5 * len({vote.month for vote in journal.of(Vote)}) <= 5 * months
    done = govsim(voted, "replay", str(journal.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "identical, " in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("table", "runs"),
        ("table", "runs", "--format", "json"),
        ("compare", "runs"),
        ("compare", "runs", "--format", "csv"),
        ("status", "runs"),
        ("status", "runs", "--format", "json"),
        ("cost", "runs"),
        ("cost", "runs", "--by", "phase"),
    ],
    ids=" ".join,
)
def test_every_value_is_the_same_without_the_plug_in(voted: Path, install: Install, command: tuple[str, ...]) -> None:
    without = govsim(voted, *command)
    install(events={"vote": Vote}, phases={"vote": VotePhase})
    with_it = govsim(voted, *command)
    assert (without.returncode, without.stderr) == (with_it.returncode, with_it.stderr) == (0, "")
    assert NOTE not in " ".join(with_it.stdout.split())
    if command[0] == "cost" or "--format" in command:
        assert without.stdout == with_it.stdout
    else:
        assert NOTE in " ".join(without.stdout.split())
        assert [line for line in without.stdout.splitlines() if line and line in with_it.stdout.splitlines()] == [
            line for line in with_it.stdout.splitlines() if line
        ]


def test_frames_and_report_are_written_without_the_plug_in(voted: Path) -> None:
    for command in (("export", "runs", "--out", "frames"), ("report", "runs", "--out", "report.html")):
        done = govsim(voted, *command)
        assert done.returncode == 0, done.stderr
    assert NOTE in " ".join((voted / "report.html").read_text(encoding="utf-8").split())


def test_a_journal_equals_itself_and_the_unchecked_kind_is_reported(voted: Path) -> None:
    path = str(first(voted))
    done = govsim(voted, "diff", path, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "the same"
    assert NOTE in done.stdout


def test_votes_are_compared_without_the_plug_in(voted: Path) -> None:
    path = first(voted)
    other = path.with_name("other.jsonl")
    other.write_bytes(path.read_bytes().replace(b'"limit":10', b'"limit":11', 1))
    done = govsim(voted, "diff", str(path), str(other))
    assert done.returncode == 1
    assert "vote, month 1, phase vote, member" in done.stdout
    assert ": limit\n" in done.stdout


def test_a_replay_without_the_plug_in_reports_what_is_missing_in_one_line(voted: Path) -> None:
    path = first(voted)
    done = govsim(voted, "replay", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"govsim: {path}: cannot be replayed, as no installed package defines events of kind vote; install "
        "govsim-vote 1.2\n"
    )
    line, rest = path.read_bytes().split(b"\n", 1)
    header = json.loads(line)
    assert header.pop("plugins") == {"govsim-vote": "1.2"}
    path.write_bytes(json.dumps(header, separators=(",", ":")).encode() + b"\n" + rest)
    error = govsim(voted, "replay", str(path)).stderr
    assert error.endswith("events of kind vote; install the plug-in that wrote them\n")


def test_a_run_is_not_resumed_without_the_definition_of_its_event(voted: Path, install: Install) -> None:
    path = first(voted)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    before = path.read_bytes()
    install(phases={"vote": VotePhase})
    done = run(voted, "--condition", "default")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot be resumed, as no installed package defines events of kind vote" in done.stderr
    assert path.read_bytes() == before
    install(events={"vote": Vote}, phases={"vote": VotePhase})
    assert run(voted, "--condition", "default").returncode == 0
    assert read_journal(path).status in ("completed", "collapsed")


def test_an_unregistered_event_stops_the_run_with_advice(install: Install, tmp_path: Path) -> None:
    install(phases={"vote": UnregisteredPhase})
    done = run(tmp_path)
    assert done.returncode == 1
    expected = (
        "event fine (Fine): no such kind of event is registered; register the class under fine in the entry-point "
        "group govsim.events"
    )
    assert expected in " ".join(done.stdout.split())
    journal = read_journal(first(tmp_path))
    assert journal.status == "failed"
    assert journal.unknown == {}


def test_a_broken_plug_in_is_reported_and_its_events_are_read_as_data(voted: Path, install: Install) -> None:
    install(events={"vote": "no_such_module:Vote"})
    with warnings.catch_warnings():
        warnings.simplefilter("default", PluginWarning)
        done = govsim(voted, "table", "runs")
    assert done.stderr.count("\n") == 1, "once, though there are several journals"
    assert "event vote of govsim-vote 1.2" in done.stderr
    assert "No module named 'no_such_module'; its events are read as data\n" in done.stderr
    assert done.returncode == 0
    assert NOTE in " ".join(done.stdout.split())


def test_the_page_of_a_run_shows_votes_marked_as_unchecked(voted: Path) -> None:
    journal: Journal = read_journal(first(voted))
    votes = list(journal.of(UnknownEvent))
    with served(voted / "runs") as site:
        page = httpx.get(site.at(f"/run/{journal.path.relative_to(voted / 'runs').as_posix()}?month=1"))
    assert page.status_code == 200
    assert NOTE in page.text
    for vote in votes[:5]:
        text = json.dumps(f'vote: phase = "vote", member = "{vote.fields["member"]}", limit = 10')
        assert f'"text":{text}' in page.text
