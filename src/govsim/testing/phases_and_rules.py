"""Conformance checks for the parts of a month: phases and rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from govsim.config import Section
from govsim.journal import MODERATOR, Admission, Harvest, Journal, TermsLine, Utterance
from govsim.plugins import GOVSIM, Extension
from govsim.society import PHASES, RULES, Phase, Rule
from govsim.testing.conformance import extension, require, require_description, settings_for
from govsim.testing.societies import MEMBERS, check_society, planned, run_journal, temporary_folder

USUAL = ("harvest", "report", "discussion", "reflection")
"""The phases of the month in which extensions are checked."""
_MODELS = {
    "agents": {"default": "direct"},
    "members": {"John": {"agent": "generative"}, "Jack": {"agent": "policy:random"}},
}
_POLICIES = {"agents": {"default": "policy:random"}, "world": {"months": 4, "growth": 3.0}}


def check_phase(
    phase: type[Phase] | str, settings: Mapping[str, Any] | None = None, *, month: Sequence[str] | None = None
) -> None:
    """Check a phase in small societies of fake models and of policies.

    They must reproduce the same months: with the same seed, in a replay of the journal, and when the run is resumed
    from a journal truncated anywhere. Units and money must be conserved, and the random draws of other parts must be
    the same as without the phase. A phase that spans sites is checked in societies at two sites.

    Args:
        phase: the class, or its registered name.
        settings: its settings by key; if None, defaults, and small values for settings without a default.
        month: the phases of the month in order, including its own name. By default it follows the report of the
            catches, or has its usual place if it is part of the default month.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("phases", phase) as found:
        what = f"phase {found.name}"
        values = _described(what, found.value, settings)
        names = list(month or _month_with(found.value))
        require(found.name in names, f"{what}: month= is {', '.join(names)}, but must include {found.name}")
        entries = [{name: values} if name == found.name and values else name for name in names]
        if found.value.of(values).spans_sites:
            _check_at_sites(what, {"society": {"phases": entries}})
            return
        without = [name for name in names if name != found.name]
        _check_part(what, found.name, {"society": {"phases": entries}}, {"society": {"phases": without}})


def _check_at_sites(what: str, with_it: Mapping[str, Any], institutions: Sequence[Any] = ()) -> None:
    """Check a phase or rule that spans sites; draws may differ from those without it, as members may move."""
    sites = {
        "north": {"members": len(MEMBERS) - 1, "institutions": [*institutions]},
        "south": {"members": 1},
    }
    with temporary_folder() as folder:
        for number, agents in enumerate((_MODELS, _POLICIES)):
            settings = {**agents, **with_it, "sites": sites}
            check_society(what, settings, folder / str(number), cuts=3)


def _month_with(phase: type[Phase]) -> list[str]:
    """The default month with a phase added."""
    if phase.name in USUAL:
        return list(USUAL)
    if phase.harvests:
        return [phase.name, *USUAL[1:]]
    return [*USUAL[:2], phase.name, *USUAL[2:]]


def society_of(origin: str) -> Iterator[dict[str, Any]]:
    """Yield an experiment with all phases and rules of a package; nothing if it has neither.

    Args:
        origin: the package, as named in registries.
    """
    if origin == GOVSIM:
        return
    phases = [_entry(one) for one in PHASES if one.origin == origin and not one.value.harvests]
    rules = [_entry(one) for one in RULES if one.origin == origin]
    if phases or rules:
        month = [*USUAL[:2], *phases, *USUAL[2:]]
        yield {"agents": {"default": "direct"}, "society": {"phases": month}, "institutions": rules}


def _entry(found: Extension[Any]) -> dict[str, Any]:
    return {found.name: settings_for(found.name, found.value.Settings, None)}


def check_rule(
    rule: type[Rule] | str,
    settings: Mapping[str, Any] | None = None,
    *,
    beside: Sequence[str | Mapping[str, Any]] = (),
) -> None:
    """Check a rule in small societies of fake models and of policies.

    They must reproduce the same months: with the same seed, in a replay of the journal, and when the run is resumed
    from a journal truncated anywhere. A rule may limit demands and charge members; otherwise units and money must be
    conserved, and the random draws of other parts must be the same as without the rule. Terms with values need a text.
    A rule with a phase that spans sites is checked in societies at two sites.

    Args:
        rule: the class, or its registered name.
        settings: its settings by key; if None, defaults, and small values for settings without a default.
        beside: other institutions that it needs, as written in an experiment; they precede it.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("rules", rule) as found:
        what = f"rule {found.name}"
        values = _described(what, found.value, settings)
        entry = {found.name: values} if values else found.name
        if any(added.phase.spans_sites for added in found.value.of(values).phases()):
            _check_at_sites(what, {}, [*beside, entry])
            return
        for journal in _check_part(what, found.name, {"institutions": [*beside, entry]}, {}):
            for terms in journal.of(TermsLine):
                require(
                    bool(terms.text.strip()) or not terms.values,
                    f"{what}: its terms have the values {dict(terms.values)} but no text; add a text that informs "
                    "members of the terms in force",
                )


def _described(what: str, part: type[Phase] | type[Rule], settings: Mapping[str, Any] | None) -> dict[str, Any]:
    require_description(what, part)
    own: type[Section] = part.Settings
    return settings_for(what, own, settings)


def _check_part(
    what: str, name: str, with_it: Mapping[str, Any], without: Mapping[str, Any]
) -> tuple[Journal, Journal]:
    """Check a phase or rule in a society of models and in one of policies, and return their journals."""
    with temporary_folder() as folder:
        model_run = check_society(what, {**_MODELS, **with_it}, folder / "models")
        policy_run = check_society(what, {**_POLICIES, **with_it}, folder / "policies", cuts=3)
        if without or "institutions" in with_it:
            if any(line.phase == name for line in policy_run.of(Harvest)):
                return model_run, policy_run  # it is the harvest phase itself
            _check_draws(what, policy_run, _without(what, {**_POLICIES, **without}, folder / "without"))
            _check_openers(what, name, model_run, _without(what, {**_MODELS, **without}, folder / "silent"))
    return model_run, policy_run


_BASELINES: dict[str, Journal] = {}


def _without(what: str, settings: Mapping[str, Any], folder: Path) -> Journal:
    """Return the journal of a society without the checked extension; cached by settings."""
    key = repr(settings)
    if key not in _BASELINES:
        _BASELINES[key] = run_journal(f"{what}: without it", planned(what, settings, folder))
    return _BASELINES[key]


def _check_draws(what: str, with_it: Journal, without: Journal) -> None:
    """Check that the random draws of policies and the allocation are unchanged while stock and members are the same."""
    limited = {line.month for line in with_it.of(Admission)}
    for mine, other in zip(with_it.of(Harvest), without.of(Harvest), strict=False):
        if mine.stock_before != other.stock_before:
            return
        common = [name for name in mine.asked if name in other.asked]
        asked, before = ({name: one.asked[name] for name in common} for one in (mine, other))
        require(
            asked == before,
            f"{what}: in month {mine.month} members with a random policy ask for {asked}, but without it for "
            f"{before}; draw only from self.draws",
        )
        if mine.asked.keys() != other.asked.keys():
            return
        require(
            mine.granted == other.granted or mine.month in limited,
            f"{what}: in month {mine.month} {mine.granted} is granted for the same demands, but without it "
            f"{other.granted}; draw only from self.draws, and limit demands only in admit",
        )


def _check_openers(what: str, name: str, with_it: Journal, without: Journal) -> None:
    """Check that the same members open the usual discussion, as long as the same ones are present."""
    present = [_present(journal) for journal in (with_it, without)]
    months = [month for month in present[0] if present[0][month] == present[1].get(month)]
    mine, other = (_openers(journal, months, other_than=name) for journal in (with_it, without))
    require(
        mine == other or not mine or not other,
        f"{what}: discussions are opened by {', '.join(mine)}, but without it by {', '.join(other)}; draw only from "
        "self.draws",
    )


def _present(journal: Journal) -> dict[int, set[str]]:
    """Return the members who decided in each month."""
    return {line.month: {*line.asked, *line.invalid} for line in journal.of(Harvest)}


def _openers(journal: Journal, months: Collection[int], *, other_than: str) -> list[str]:
    lines = [line for line in journal.of(Utterance) if line.member == MODERATOR and line.phase != other_than]
    return [line.next_speaker or "nobody" for line in lines if line.phase == "discussion" and line.month in months]
