"""The measurements. Those that are compared are interleaved, so that noise of the machine affects both."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import embedded
from benchmarks.apart import SOCIETIES, in_a_process, run_and_kill
from benchmarks.profiling import profiled
from benchmarks.results import Row
from benchmarks.serving import FakeServer, fake_server
from benchmarks.societies import Setting, send_again, simulate

Tell = Callable[[str], None]

SWEEP_MONTHS = 3
"""Months of the societies that show how the cost grows with members and utterances."""
MONTHS, MEMBERS, MORE_LINES = (6, 12, 24), (5, 10, 20, 50), (8, 16)

MERGED, SEPARATE, LONG = Setting(), Setting(cognition="separate"), Setting(months=48)
SMALL, LARGE = Setting(months=SWEEP_MONTHS), Setting(months=SWEEP_MONTHS, members=50)
PROFILED = 2
"""Number of profiled societies of twelve months: about 2,000 samples of the stack."""
HOUR = 3600
MB = 1e6


class Bench:
    """A folder for journals, and the number of repeats."""

    def __init__(self, folder: Path, repeats: int, tell: Tell) -> None:
        self.folder = folder
        self.repeats = repeats
        self.tell = tell
        self._used = 0

    def new_folder(self) -> Path:
        """Return a new folder."""
        self._used += 1
        return self.folder / str(self._used)

    def rounds(self, what: str, times: int | None = None) -> Iterator[int]:
        """Count the repeats of a measurement, and report each."""
        times = times or self.repeats
        for number in range(times):
            self.tell(f"{what}: {number + 1} of {times}")
            yield number


def societies(bench: Bench) -> list[Row]:
    """One society at a time, compared with the bare client and with longer and larger societies."""
    found: dict[str, list[float]] = defaultdict(list)
    with fake_server() as server:
        simulate(Setting(months=1), bench.new_folder(), server)
        simulate(Setting(months=1, cognition="separate"), bench.new_folder(), server)
        for _ in bench.rounds("one society, the bare client, 48 months, 50 members"):
            for name, figure in _one_round(bench, server).items():
                found[name].append(figure)
    return _rows_of_societies(found)


def _one_round(bench: Bench, server: FakeServer) -> dict[str, float]:
    merged = simulate(MERGED, bench.new_folder(), server)
    bare_merged = send_again(merged.journals[0])
    separate = simulate(SEPARATE, bench.new_folder(), server)
    bare_separate = send_again(separate.journals[0])
    long = simulate(LONG, bench.new_folder(), server)
    small = simulate(SMALL, bench.new_folder(), server)
    large = simulate(LARGE, bench.new_folder(), server)
    return {
        "merged": merged.cost.seconds,
        "separate": separate.cost.seconds,
        "merged beside bare": merged.cost.seconds / bare_merged.seconds,
        "separate beside bare": separate.cost.seconds / bare_separate.seconds,
        "requests": merged.requests / MERGED.months,
        "tokens": merged.input_tokens,
        "long": long.cost.seconds / merged.cost.seconds,
        "long, bytes": long.written / merged.written,
        "bytes": merged.written / MB,
        "processor": 1000 * merged.cost.processor / merged.requests,
        "processor beside bare": merged.cost.processor / bare_merged.processor,
        "large": large.cost.seconds / small.cost.seconds,
    }


def _rows_of_societies(found: dict[str, list[float]]) -> list[Row]:
    return [
        Row(what="12 months, merged", values=found["merged"], unit="s", original="49.7", target=6.5, digits=2),
        Row(what="12 months, separate", values=found["separate"], unit="s", original="49.7", target=9.5, digits=2),
        Row(
            what="12 months, merged ÷ the bare client",
            values=found["merged beside bare"],
            target=1.25,
            digits=2,
        ),
        Row(
            what="12 months, separate ÷ the bare client",
            values=found["separate beside bare"],
            target=1.25,
            digits=2,
        ),
        Row(what="requests a month, merged", values=found["requests"], original="56", target=22),
        Row(what="input tokens of 12 months, merged", values=found["tokens"], original="337,000", target=150_000),
        Row(what="48 months ÷ 12 months, time", values=found["long"], original="14", target=4.3, digits=2),
        Row(
            what="48 months ÷ 12 months, bytes written",
            values=found["long, bytes"],
            original="15",
            target=4.3,
            digits=2,
        ),
        Row(what="bytes written in 12 months", values=found["bytes"], unit="MB", original="255", target=3, digits=2),
        Row(what="processor time for a request", values=found["processor"], unit="ms", original="17", digits=2),
        Row(
            what="processor time for a request ÷ the bare client",
            values=found["processor beside bare"],
            target=1.3,
            digits=2,
        ),
        Row(what="50 members ÷ 5 members, time", values=found["large"], target=4, digits=2),
    ]


def many_at_once(bench: Bench) -> list[Row]:
    """Twenty concurrent societies in one process."""
    found = []
    with fake_server():
        for _ in bench.rounds(f"{SOCIETIES} societies at once"):
            found.append(in_a_process("many", bench.new_folder()))
    return [
        Row(
            what=f"{SOCIETIES} societies at once: runs an hour",
            values=[SOCIETIES * HOUR / each["seconds"] for each in found],
            original="72",
            target=1500,
            is_least=True,
        ),
        Row(
            what=f"{SOCIETIES} societies at once: peak memory",
            values=[each["memory"] for each in found],
            unit="MB",
            target=400,
        ),
    ]


def continuing(bench: Bench) -> list[Row]:
    """A run that was killed in its last month, resumed repeatedly from copies of the same journal."""
    found = []
    with fake_server():
        killed = bench.new_folder()
        run_and_kill(killed)
        for _ in bench.rounds("resume"):
            out = bench.new_folder()
            shutil.copytree(killed, out)
            found.append(in_a_process("resume", out)["seconds"])
    return [Row(what="resume in month 12: first new request after", values=found, unit="s", target=1, digits=2)]


def embedded_month(bench: Bench) -> list[Row]:
    """One month on the embedded model; measured once, as its tokens hardly vary."""
    bench.tell("one month on the embedded model")
    spent, seconds, journal = embedded.month(bench.new_folder())
    bench.tell("the same prompts in one request each")
    single, single_seconds = embedded.single_requests(journal)

    def rows(name: str, of: embedded.Spent, took: float, least_share: float | None) -> list[Row]:
        share = 100 * of.cached_tokens / of.prompt_tokens
        return [
            Row(what=f"{name}: questions", values=[of.questions], original="58"),
            Row(what=f"{name}: prompt tokens", values=[of.prompt_tokens], original="28,600"),
            Row(
                what=f"{name}: from the cache",
                values=[share],
                unit="%",
                original="63",
                target=least_share,
                is_least=True,
            ),
            Row(what=f"{name}: computed prompt tokens", values=[of.computed_tokens], original="10,600", target=6000),
            Row(what=f"{name}: generated tokens", values=[of.output_tokens], original="5,500"),
            Row(what=f"{name}: time", values=[took], unit="s", original="117"),
        ]

    # Few large questions share less than many small ones, so their share is no indicator of cost.
    return [
        *rows("embedded", spent, seconds, least_share=70),
        *rows("embedded, one request each", single, single_seconds, least_share=None),
    ]


def growth(bench: Bench) -> list[dict[str, Any]]:
    """Growth of the cost with months, members and utterances: each once, as the steps are larger than the noise."""
    found = []
    with fake_server() as server:
        simulate(Setting(months=1), bench.new_folder(), server)
        found += [_grown(bench, Setting(months=SWEEP_MONTHS, members=members), server) for members in MEMBERS]
        found += [_grown(bench, Setting(months=months), server) for months in MONTHS]
    for lines in MORE_LINES:
        with fake_server(lines) as server:
            simulate(Setting(months=1, lines=lines), bench.new_folder(), server)
            found.append(_grown(bench, Setting(months=SWEEP_MONTHS, lines=lines), server))
    return found


def _grown(bench: Bench, setting: Setting, server: FakeServer) -> dict[str, Any]:
    bench.tell(f"{setting.months} months, {setting.members} members, {setting.lines} lines")
    simulated = simulate(setting, bench.new_folder(), server)
    return {
        "months": setting.months,
        "members": setting.members,
        "lines": setting.lines,
        "seconds": round(simulated.cost.seconds, 3),
        "processor": round(simulated.cost.processor, 3),
        "requests": simulated.requests,
        "input_tokens": simulated.input_tokens,
        "bytes": simulated.written,
    }


def profile(bench: Bench) -> dict[str, float]:
    """Processor time per request in milliseconds, by part of the program."""
    with fake_server() as server:
        simulate(Setting(months=1), bench.new_folder(), server)
        requests = 0
        with profiled() as watched:
            for _ in bench.rounds("profile", PROFILED):
                requests += simulate(MERGED, bench.new_folder(), server).requests
    most_first = sorted(watched.seconds.items(), key=lambda item: item[1], reverse=True)
    return {part: round(1000 * seconds / requests, 3) for part, seconds in most_first}
