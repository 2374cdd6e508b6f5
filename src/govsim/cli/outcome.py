"""What `govsim run` says when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from govsim.analysis import cells_of, format_table, read_run
from govsim.characters import counted
from govsim.cli.words import months, say
from govsim.journal import FINISHED
from govsim.runs import RunResult


def exit_code(results: Sequence[RunResult]) -> int:
    """1 where a run failed, 3 where a budget stopped one, else 0."""
    statuses = {result.status for result in results}
    return 1 if "failed" in statuses else 3 if "over-budget" in statuses else 0


def show(results: Sequence[RunResult]) -> None:
    """How each run ended and where its journal is, then the measures of all.

    Of a campaign only the runs that did not finish are named; the others are counted.
    """
    is_campaign = len({result.path.parent for result in results}) > 1
    for result in results:
        if not is_campaign or result.status not in FINISHED or result.was_torn:
            _show_one(result)
    if is_campaign:
        counts = Counter(result.status for result in results)
        before = sum(result.was_finished for result in results)
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        say(f"{counted(len(results), 'run')}: {told}" + (f" ({before} finished before)" if before else ""))
    say("")
    say(format_table(cells_of([read_run(result.path) for result in results])))


def _show_one(result: RunResult) -> None:
    ended = "finished before" if result.was_finished else f"after {months(result.months)}"
    if result.status == "collapsed":
        ended = f"in month {result.months}" + (", finished before" if result.was_finished else "")
    reason = f": {result.reason.strip().splitlines()[-1]}" if result.reason else ""
    say(f"{result.status} {ended}{reason}  {result.path}")
    if result.was_torn:
        say("  its journal ended in the middle of a line, which was left out; the run went on from there")
