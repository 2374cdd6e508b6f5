"""Small societies in which extensions are checked: run twice, replayed, and resumed after truncation."""

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
from govsim.jobs import RunJob, execute, plan_runs, replay
from govsim.journal import (
    FINISHED,
    Account,
    Accounts,
    Charges,
    GrowthLine,
    Harvest,
    Journal,
    Month,
    first_difference,
    in_total,
    read_journal,
    with_growth,
)
from govsim.models.pool import OpenModels
from govsim.testing.conformance import ConformanceError, failures_of, require

MEMBERS = ("John", "Kate", "Jack")

CUTS = 6
"""Number of positions, spread over the journal, at which a run is truncated and resumed."""

_SMALL: Mapping[str, Any] = {
    "scenario": "fishery",
    "seed": 3,
    "models": {"default": "fake/society"},
    "world": {"collapse": 0},
}
_FEW: Mapping[str, Any] = {"society": {"members": list(MEMBERS)}, "world": {"months": 2}}


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A temporary folder for journals."""
    with TemporaryDirectory(prefix="govsim-check-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def planned(what: str, settings: Mapping[str, Any], folder: Path, condition: str | None = None) -> RunJob:
    """Plan a small run.

    Args:
        what: the checked extension, as in `phase vote`.
        settings: settings that override the defaults of checks.
        folder: the folder for its journal.
        condition: the condition of the run.

    Raises:
        ConformanceError: a setting cannot be used.
    """
    with failures_of(what, "is put into a society"):
        few = _FEW if condition is None else {}  # a condition may set members and months
        [plan] = plan_runs(merge(_SMALL, few, settings), Execution(out=folder), condition=condition)
    return plan


def run_journal(what: str, plan: RunJob) -> Journal:
    """Execute or resume a run to its end, and return its journal.

    Raises:
        ConformanceError: the run fails.
    """
    with ThreadPoolExecutor(1) as thread:  # a separate event loop, as one may be running in this thread
        reason = thread.submit(asyncio.run, _execute(plan)).result()
    require(reason is None, f"{what}: a society with it failed: {reason}")
    with failures_of(what, "records lines"):
        return read_journal(plan.path)


async def _execute(plan: RunJob) -> str | None:
    models = OpenModels(Execution())
    try:
        result = await execute(plan, Execution(), models)
    except GovSimError as error:
        return str(error)
    finally:
        await models.aclose()
    return None if result.status in FINISHED else result.reason


def check_society(
    what: str, settings: Mapping[str, Any], folder: Path, *, condition: str | None = None, cuts: int = CUTS
) -> Journal:
    """Run a small society, and check that it can be reproduced, replayed and resumed.

    Args:
        what: the checked extension, as in `phase vote`.
        settings: settings that override the defaults of checks.
        folder: a temporary folder for journals.
        condition: the condition of the run.
        cuts: number of positions, spread over the journal, at which the run is truncated and resumed.

    Returns:
        The journal of the society.

    Raises:
        ConformanceError: the run fails or cannot be reproduced.
    """
    plan = planned(what, settings, folder / "first", condition)
    journal = run_journal(what, plan)
    check_conserved(what, journal)
    again = run_journal(what, replace(plan, path=folder / "again" / plan.path.name))
    _check_same(what, journal, again, "with the same seed")
    _check_replay(what, plan.path)
    lines = plan.path.read_bytes().splitlines(keepends=True)
    for number in sorted({1 + part * (len(lines) - 2) // max(1, cuts - 1) for part in range(cuts)}):
        cut = replace(plan, path=folder / f"cut-{number}" / plan.path.name)
        cut.path.parent.mkdir()
        cut.path.write_bytes(b"".join(lines[:number]) + lines[number][: len(lines[number]) // 2])
        resumed = run_journal(f"{what}: resumed after line {number} of its journal", cut)
        _check_same(what, journal, resumed, f"when it is resumed after line {number} of its journal")
    return journal


def _check_same(what: str, first: Journal, second: Journal, when: str) -> None:
    found = first_difference(first, second)
    if found is not None:
        raise ConformanceError(
            f"{what}: a society with it differs {when}: {found.place}: {found.key} is {found.first!r}, then "
            f"{found.second!r}; everything it does must be determined by the seed, the settings and the answers"
        )


def _check_replay(what: str, path: Path) -> None:
    with failures_of(what, "is replayed"), ThreadPoolExecutor(1) as thread:
        found = thread.submit(asyncio.run, replay(path)).result()
    require(
        found.difference is None and found.is_complete,
        f"{what}: a replay of its journal differs: {found.difference}; everything it does must be determined by the "
        "seed, the settings and the answers",
    )


def check_conserved(what: str, journal: Journal) -> None:
    """Check that units and money are conserved.

    Raises:
        ConformanceError: they are not.
    """
    harvests = list(with_growth(journal.of(Harvest), journal.of(GrowthLine)))
    at_sites = {(month.month, month.site): month for month in journal.of(Month)}
    for harvest in harvests:
        months = {month: one for (month, site), one in at_sites.items() if site == harvest.site}
        taken, before = sum(harvest.granted.values()), harvest.stock_before
        require(
            before == months[harvest.month].stock and harvest.stock_after_harvest == before - taken,
            f"{what}: month {harvest.month} begins with {months[harvest.month].stock} units, but a harvest of {taken} "
            f"changes {before} to {harvest.stock_after_harvest}; only harvest and growth may change the stock",
        )
        following = months.get(harvest.month + 1)
        require(
            following is None or following.stock == harvest.stock_after_growth,
            f"{what}: month {harvest.month} ends with {harvest.stock_after_growth} units, but the next month begins "
            f"with {following.stock if following else 0}; only harvest and growth may change the stock",
        )
    _check_money(what, journal, {harvest.month: harvest for harvest in in_total(harvests)})


def _check_money(what: str, journal: Journal, harvests: Mapping[int, Harvest]) -> None:
    """Check that balances change only by earnings and charges."""
    cents = journal.header.scenario.price * 100
    months: dict[int, dict[str, Account]] = {0: {}}
    for line in journal.of(Accounts):  # one for each site
        months.setdefault(line.month, {}).update(line.members)
    for (_, before), (month, now) in pairwise(months.items()):
        paid = [one for line in journal.of(Charges) if line.month == month for one in line.charges]
        for name, account in now.items():
            earned = harvests[month].granted.get(name, 0) * cents
            charged = sum(one.paid for one in paid if one.member == name)
            charged -= sum(one.paid for one in paid if one.to == name)
            had = before[name].balance if name in before else 0
            require(
                account.balance == had + earned - charged,
                f"{what}: in month {month} {name} has {had} cents, earns {earned} and pays {charged}, but then has "
                f"{account.balance}; only the price of received units and recorded charges may change a balance",
            )
