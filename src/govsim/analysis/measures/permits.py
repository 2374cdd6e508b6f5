"""Markets for permits: prices, volumes, and how unequally permits are held."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from govsim.analysis.measures.catch import gini
from govsim.analysis.measures.institutional import institutional, mean, share
from govsim.analysis.measures.measure import CountedRun
from govsim.commons import CENTS
from govsim.journal import Auction, PermitOffers, PermitSale

_KINDS = ("sale", "auction", "offers")

Market = PermitSale | Auction | PermitOffers
"""An event after which permits are held by other members."""


@institutional(
    "price of permits",
    ("permit price", "dollars"),
    unit="dollars",
    formula="Σ units · price / Σ units, over all sales and trades",
    description="Mean dollars paid for a permit that was sold or traded.",
    undefined="if no permits were sold or traded",
    kinds=_KINDS,
    lowest=0.0,
)
def permit_price(run: CountedRun) -> float | None:
    """Return the mean price in dollars of permits that were sold or traded; None if none was."""
    deals = [deal for market in _markets(run) for deal in _deals(market)]
    units = sum(units for units, _ in deals)
    return sum(units * price for units, price in deals) / units / CENTS if units else None


@institutional(
    "permits traded",
    ("permits", "traded %"),
    formula="Σ permits traded between members / Σ permits held",
    description="Permits that members trade with each other, as a share of the permits held; repeated trade counts "
    "repeatedly.",
    undefined="if members cannot trade permits",
    kinds=_KINDS,
)
def permit_turnover(run: CountedRun) -> float | None:
    """Return the share of permits that members trade with each other, of those held; None without trade."""
    trades = [one for one in _markets(run) if not isinstance(one, PermitSale)]
    held = {_place(one): sum(one.held.values()) for one in trades}
    traded = sum(units for one in trades for units, _ in _deals(one))
    return share(traded, sum(held.values()))


@institutional(
    "concentration of permits",
    ("permit", "Gini %"),
    formula="mean over t of Σᵢ Σⱼ |h(i,t) − h(j,t)| / (2·n·Σ h), with the permits h(i,t) held after all trade",
    description="Gini coefficient of the permits that members hold at the harvest, averaged over months.",
    undefined="if permits are neither sold nor traded",
    kinds=_KINDS,
)
def permit_concentration(run: CountedRun) -> float | None:
    """Return the Gini index of permits held after sales and trade, averaged over months; None without permits."""
    last = {_place(one): one.held for one in _markets(run)}
    return mean(gini(np.array(list(held.values()), dtype=float)) for held in last.values() if any(held.values()))


def _markets(run: CountedRun) -> Iterator[Market]:
    """Yield sales, then what members trade, from `from_month` on."""
    yield from run.since(PermitSale)
    yield from run.since(Auction)
    yield from run.since(PermitOffers)


def _place(market: Market) -> tuple[int, str | None, str]:
    return market.month, market.site, market.rule


def _deals(market: Market) -> list[tuple[int, int]]:
    """Return the permits that change hands in a market, with their prices in cents."""
    if isinstance(market, PermitOffers):
        return [(one.traded, one.price) for one in market.offers if one.traded]
    sold = market.sold.values() if isinstance(market, PermitSale) else [one.units for one in market.trades]
    return [(sum(sold), market.price)]
