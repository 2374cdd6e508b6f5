"""Exit and migration: how many members leave or move, and how much the membership changes."""

from __future__ import annotations

from collections import Counter, defaultdict

from govsim.analysis.measures.institutional import institutional, mean, share
from govsim.analysis.measures.measure import CountedRun
from govsim.commons import CENTS
from govsim.journal import Accounts, ExitLine, Harvest, Month, Move


@institutional(
    "exit rate",
    ("exit", "rate %"),
    formula="decisions to leave / decisions",
    description="Share of decisions about leaving that are to leave, whether or not they have an effect.",
    undefined="if members cannot leave",
    kinds=("exit",),
)
def exit_rate(run: CountedRun) -> float | None:
    """Return the share of decisions about leaving that are to leave; None without such decisions."""
    return mean(leaves for line in run.since(ExitLine) for leaves in line.decisions.values())


@institutional(
    "migration rate",
    ("migration", "rate %"),
    formula="choices of another site / choices of a site",
    description="Share of the choices of a site that are for another one, whether or not they have an effect.",
    undefined="if members cannot move",
    kinds=("move",),
)
def migration_rate(run: CountedRun) -> float | None:
    """Return the share of choices of a site that are for another one; None without such choices."""
    return mean(one.to != one.site for one in run.since(Move))


@institutional(
    "turnover",
    ("turnover", "%"),
    formula="Σ over t ≥ 2 of members that left since t − 1 / Σ members present in t − 1",
    description="Members that leave the society or a site, as a share of the members of the previous month.",
    undefined="if members can neither leave nor move",
    kinds=("month", "exit", "move"),
)
def turnover(run: CountedRun) -> float | None:
    """Return the members that leave a society or site, as a share of those present, per month.

    None if members could not decide to leave or move.
    """
    if exit_rate(run) is None and migration_rate(run) is None:
        return None
    months = [one for one in run.since(Month) if one.month > 1]
    left = sum(len(one.left) for one in months)
    stayed = sum(len(one.members) - len(one.joined) for one in months)
    return share(left, left + stayed)


@institutional(
    "members present",
    ("members", "present"),
    unit="members",
    formula="mean over t of the number of members present in month t",
    description="Mean number of members present in a month; the frames of months and sites have the path.",
    undefined="if members can neither leave nor move",
    kinds=("harvest", "exit", "move"),
    lowest=0.0,
    is_shown=False,
)
def members_present(run: CountedRun) -> float | None:
    """Return the mean number of members present in a month; None if members could not decide to leave or move."""
    if exit_rate(run) is None and migration_rate(run) is None:
        return None
    present = Counter[int]()
    for one in run.since(Harvest):
        present[one.month] += len(one.granted)
    return mean(present.values())


@institutional(
    "selection of movers",
    ("selection", "units"),
    unit="units",
    formula="mean over the decisions of i in month t to leave or move of r(i,t) − the mean of r(j,t) of those who stay",
    source="Gürerk et al. 2006",
    description="How much more members take who decide to leave or move than those at their site who decide to stay.",
    undefined="if no member decides to leave or move, or none to stay",
    kinds=("harvest", "exit", "move"),
    is_shown=False,
)
def selection(run: CountedRun) -> float | None:
    """Return how many units more members take who leave or move than those who stay; None without both."""
    decided: dict[tuple[int, str | None], dict[str, bool]] = defaultdict(dict)
    for line in run.since(ExitLine):
        decided[line.month, line.site] |= line.decisions
    for move in run.since(Move):
        goes = decided[move.month, move.site].get(move.member, False)
        decided[move.month, move.site][move.member] = goes or move.to != move.site
    differences = []
    for harvest in run.since(Harvest):
        goes_of = decided[harvest.month, harvest.site]
        stay = mean(units for name, units in harvest.granted.items() if goes_of.get(name) is False)
        if stay is not None:
            differences += [units - stay for name, units in harvest.granted.items() if goes_of.get(name)]
    return mean(differences)


@institutional(
    "members under institutions",
    ("under", "institutions %"),
    formula="members at sites with an institution that not all sites have / members, in the last month",
    source="Gürerk et al. 2006",
    description="Share of members at sites with an institution that not all sites have, in the last month.",
    undefined="if all sites have the same institutions",
    kinds=("harvest",),
)
def institution_share(run: CountedRun) -> float | None:
    """Return the share of members under institutions that not all sites have; None without such institutions."""
    special = _special_sites(run)
    harvests = list(run.since(Harvest)) if special else []
    last = [one for one in harvests if one.month == harvests[-1].month]
    members = sum(len(one.granted) for one in last if one.site in special)
    return share(members, sum(len(one.granted) for one in last))


@institutional(
    "payoff under institutions",
    ("payoff under", "institutions dollars"),
    unit="dollars",
    formula="net income per member and month at sites with an institution that not all sites have − at other sites",
    source="Gürerk et al. 2006",
    description="How much more members earn net of charges in a month at sites with an institution that not all have.",
    undefined="if all sites have the same institutions, or no member is at one of the two kinds of sites",
    kinds=("harvest", "accounts"),
    is_shown=False,
)
def payoff_difference(run: CountedRun) -> float | None:
    """Return the difference in net income per member and month between sites with and without special institutions."""
    special = _special_sites(run)
    present = {(one.month, one.site): one.granted.keys() for one in run.since(Harvest)}
    earned: dict[bool, list[int]] = {True: [], False: []}
    for line in run.since(Accounts):
        members = present.get((line.month, line.site), ())
        earned[line.site in special] += [line.members[name].earned - line.members[name].charged for name in members]
    with_, without = mean(earned[True]), mean(earned[False])
    return None if not special or with_ is None or without is None else (with_ - without) / CENTS


def _special_sites(run: CountedRun) -> set[str | None]:
    """Return the sites with an institution, by its settings, that not all sites have."""
    own = {site: list(run.experiment.at(site).institutions) for site in run.experiment.sites}
    return {site for site, rules in own.items() if any(one not in others for others in own.values() for one in rules)}
