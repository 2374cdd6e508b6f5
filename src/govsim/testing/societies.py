"""Small societies in which extensions are checked: lived through twice, replayed, and continued after cuts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from govsim.config import Execution, merge
from govsim.errors import GovSimError
from govsim.jobs import RunJob, carry_out, plan_runs, replay
from govsim.journal import FINISHED, Accounts, Charges, Harvest, Journal, Month, first_difference, read_journal
from govsim.models.pool import OpenModels
from govsim.testing.checking import ConformanceError, failures_of, require

MEMBERS = ("John", "Kate", "Jack")

CUTS = 6
"""After how many lines, spread over the journal, a run is cut off and continued."""

_SMALL: Mapping[str, Any] = {
    "scenario": "fishery",
    "seed": 3,
    "models": {"default": "fake/society"},
    "world": {"collapse": 0},
}
_FEW: Mapping[str, Any] = {"society": {"members": list(MEMBERS)}, "world": {"months": 2}}


@contextmanager
def in_a_folder() -> Iterator[Path]:
    """A folder for journals, removed in the end."""
    with TemporaryDirectory(prefix="govsim-check-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def planned(what: str, settings: Mapping[str, Any], folder: Path, condition: str | None = None) -> RunJob:
    """A small run.

    Args:
        what: the extension that is checked, as in `phase vote`.
        settings: keys of the experiment over the usual ones of checks.
        folder: where its journal lies.
        condition: its condition.

    Raises:
        ConformanceError: a setting cannot be used.
    """
    with failures_of(what, "is put into a society"):
        few = _FEW if condition is None else {}  # a condition can name members and months
        [plan] = plan_runs(merge(_SMALL, few, settings), Execution(out=folder), condition=condition)
    return plan


def lived(what: str, plan: RunJob) -> Journal:
    """The journal of a run that is carried out, or continued, to its end.

    Raises:
        ConformanceError: it fails.
    """
    with ThreadPoolExecutor(1) as aside:  # an event loop of its own, as the caller may have one that is running
        reason = aside.submit(asyncio.run, _live(plan)).result()
    require(reason is None, f"{what}: a society with it fails: {reason}")
    with failures_of(what, "records lines"):
        return read_journal(plan.path)


async def _live(plan: RunJob) -> str | None:
    models = OpenModels(Execution())
    try:
        result = await carry_out(plan, Execution(), models)
    except GovSimError as error:
        return str(error)
    finally:
        await models.aclose()
    return None if result.status in FINISHED else result.reason


def check_lives(
    what: str, settings: Mapping[str, Any], folder: Path, *, condition: str | None = None, cuts: int = CUTS
) -> Journal:
    """Let a small society live, and check that it lives the same again.

    Args:
        what: the extension that is checked, as in `phase vote`.
        settings: keys of its experiment over the usual ones of checks.
        folder: where journals lie meanwhile.
        condition: its condition.
        cuts: after how many lines, spread over the journal, the run is cut off and continued.

    Returns:
        Its journal.

    Raises:
        ConformanceError: it fails, or does not live the same again.
    """
    plan = planned(what, settings, folder / "first", condition)
    journal = lived(what, plan)
    check_conserved(what, journal)
    again = lived(what, replace(plan, path=folder / "again" / plan.path.name))
    _check_same(what, journal, again, "with the same seed")
    _check_replay(what, plan.path)
    lines = plan.path.read_bytes().splitlines(keepends=True)
    for number in sorted({1 + part * (len(lines) - 2) // max(1, cuts - 1) for part in range(cuts)}):
        cut = replace(plan, path=folder / f"cut-{number}" / plan.path.name)
        cut.path.parent.mkdir()
        cut.path.write_bytes(b"".join(lines[:number]) + lines[number][: len(lines[number]) // 2])
        resumed = lived(f"{what}: continued after line {number} of its journal", cut)
        _check_same(what, journal, resumed, f"when it is continued after line {number} of its journal")
    return journal


def _check_same(what: str, first: Journal, second: Journal, when: str) -> None:
    found = first_difference(first, second)
    if found is not None:
        raise ConformanceError(
            f"{what}: a society with it lives other months {when}: {found.place}: {found.key} is {found.first!r}, then "
            f"{found.second!r}; all that it does must follow from the seed, the settings and the answers"
        )


def _check_replay(what: str, path: Path) -> None:
    with failures_of(what, "is replayed"), ThreadPoolExecutor(1) as aside:
        found = aside.submit(asyncio.run, replay(path)).result()
    require(
        found.difference is None and found.is_complete,
        f"{what}: a replay of its journal differs: {found.difference}; all that it does must follow from the seed, the "
        "settings and the answers",
    )


def check_conserved(what: str, journal: Journal) -> None:
    """Check that no unit and no cent of a society appears or vanishes.

    Raises:
        ConformanceError: one does.
    """
    harvests, months = list(journal.of(Harvest)), {month.month: month for month in journal.of(Month)}
    for harvest in harvests:
        taken, before = sum(harvest.granted.values()), harvest.stock_before
        require(
            before == months[harvest.month].stock and harvest.stock_after_harvest == before - taken,
            f"{what}: month {harvest.month} begins with {months[harvest.month].stock} units, and a harvest of {taken} "
            f"turns {before} into {harvest.stock_after_harvest}; only the harvest and the growth change the stock",
        )
        following = months.get(harvest.month + 1)
        require(
            following is None or following.stock == harvest.stock_after_growth,
            f"{what}: after month {harvest.month} there are {harvest.stock_after_growth} units, and the next month "
            f"begins with {following.stock if following else 0}; only the harvest and the growth change the stock",
        )
    _check_money(what, journal, {harvest.month: harvest for harvest in harvests})


def _check_money(what: str, journal: Journal, harvests: Mapping[int, Harvest]) -> None:
    """Check that balances change by what is earned and charged alone."""
    cents = journal.header.scenario.price * 100
    months = [Accounts(month=0, members={}), *journal.of(Accounts)]
    for before, now in pairwise(months):
        paid = [one for line in journal.of(Charges) if line.month == now.month for one in line.charges]
        for name, account in now.members.items():
            earned = harvests[now.month].granted.get(name, 0) * cents
            charged = sum(one.paid for one in paid if one.member == name)
            had = before.members[name].balance if name in before.members else 0
            require(
                account.balance == had + earned - charged,
                f"{what}: in month {now.month} {name} has {had} cents, earns {earned}, pays {charged} and is left with "
                f"{account.balance}; money changes by the price of units received and by recorded charges alone",
            )
