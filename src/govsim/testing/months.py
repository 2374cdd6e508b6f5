"""Conformance checks for what makes up a month: phases and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from govsim.config import Section
from govsim.journal import MODERATOR, Admission, Harvest, Journal, TermsLine, Utterance
from govsim.plugins import GOVSIM, Extension
from govsim.society import PHASES, RULES, Phase, Rule
from govsim.testing.checking import extension, require, require_description, settings_for
from govsim.testing.societies import check_lives, in_a_folder, lived, planned

USUAL = ("harvest", "report", "discussion", "reflection")
"""The phases of the month that others are checked in."""
_TALKERS = {
    "agents": {"default": "direct"},
    "members": {"John": {"agent": "generative"}, "Jack": {"agent": "policy:random"}},
}
_PLAYERS = {"agents": {"default": "policy:random"}, "world": {"months": 4, "growth": 3.0}}


def check_phase(
    phase: type[Phase] | str, settings: Mapping[str, Any] | None = None, *, month: Sequence[str] | None = None
) -> None:
    """Check a phase in small societies of models (the fake one) and of policies.

    They have to live the same months again: with the same seed, from the journal alone, and from wherever the journal
    was cut off. No unit and no cent may appear or vanish, and what others draw has to be what they draw without it.

    Args:
        phase: the class, or its registered name.
        settings: its settings by key; where none are given, defaults, and small values for those without one.
        month: the phases of the month in order, its own name among them; after the report of the catches where none
            are given, and in its usual place where the month has it anyway.

    Raises:
        ConformanceError: it does not conform; says what is wrong and what is expected.
    """
    with extension("phases", phase) as found:
        what = f"phase {found.name}"
        values = _described(what, found.value, settings)
        names = list(month or _month_with(found.value))
        require(found.name in names, f"{what}: month= must name it, and is {', '.join(names)}")
        entries = [{name: values} if name == found.name and values else name for name in names]
        without = [name for name in names if name != found.name]
        _check_part(what, found.name, {"society": {"phases": entries}}, {"society": {"phases": without}})


def _month_with(phase: type[Phase]) -> list[str]:
    """A usual month with a phase in it."""
    if phase.name in USUAL:
        return list(USUAL)
    if phase.harvests:
        return [phase.name, *USUAL[1:]]
    return [*USUAL[:2], phase.name, *USUAL[2:]]


def society_of(origin: str) -> Iterator[dict[str, Any]]:
    """An experiment with all phases and rules that a package adds; none where it adds neither.

    Args:
        origin: the package, as registries name it.
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


def check_rule(rule: type[Rule] | str, settings: Mapping[str, Any] | None = None) -> None:
    """Check a rule in small societies of models (the fake one) and of policies.

    They have to live the same months again: with the same seed, from the journal alone, and from wherever the journal
    was cut off. It may limit demands and charge members; otherwise no unit and no cent may appear or vanish, and what
    others draw has to be what they draw without it. Terms with values have to be told in words.

    Args:
        rule: the class, or its registered name.
        settings: its settings by key; where none are given, defaults, and small values for those without one.

    Raises:
        ConformanceError: it does not conform; says what is wrong and what is expected.
    """
    with extension("rules", rule) as found:
        what = f"rule {found.name}"
        values = _described(what, found.value, settings)
        entry = {found.name: values} if values else found.name
        for journal in _check_part(what, found.name, {"institutions": [entry]}, {}):
            for terms in journal.of(TermsLine):
                require(
                    bool(terms.text.strip()) or not terms.values,
                    f"{what}: its terms have the values {dict(terms.values)} and no text; members have to be told what "
                    "is in force, so give the text too",
                )


def _described(what: str, part: type[Phase] | type[Rule], settings: Mapping[str, Any] | None) -> dict[str, Any]:
    require_description(what, part)
    own: type[Section] = part.Settings
    return settings_for(what, own, settings)


def _check_part(
    what: str, name: str, with_it: Mapping[str, Any], without: Mapping[str, Any]
) -> tuple[Journal, Journal]:
    """Check a phase or rule in a society of models and in one of policies; their journals."""
    with in_a_folder() as folder:
        talking = check_lives(what, {**_TALKERS, **with_it}, folder / "models")
        playing = check_lives(what, {**_PLAYERS, **with_it}, folder / "policies", cuts=3)
        if without or "institutions" in with_it:
            if any(line.phase == name for line in playing.of(Harvest)):
                return talking, playing  # the harvest itself
            _check_draws(what, playing, _without(what, {**_PLAYERS, **without}, folder / "without"))
            _check_openers(what, name, talking, _without(what, {**_TALKERS, **without}, folder / "silent"))
    return talking, playing


_KEPT: dict[str, Journal] = {}


def _without(what: str, settings: Mapping[str, Any], folder: Path) -> Journal:
    """The journal of a society without what is checked; the same for all that are checked alike."""
    key = repr(settings)
    if key not in _KEPT:
        _KEPT[key] = lived(f"{what}: without it", planned(what, settings, folder))
    return _KEPT[key]


def _check_draws(what: str, with_it: Journal, without: Journal) -> None:
    """Check that policies and allocation draw the same as long as the stock is the same."""
    limited = {line.month for line in with_it.of(Admission)}
    for mine, other in zip(with_it.of(Harvest), without.of(Harvest), strict=False):
        if mine.stock_before != other.stock_before:
            return
        require(
            mine.asked == other.asked,
            f"{what}: in month {mine.month} members whose policy draws at random ask for {mine.asked}, and without it "
            f"for {other.asked}; draw from self.draws alone",
        )
        require(
            mine.granted == other.granted or mine.month in limited,
            f"{what}: in month {mine.month} the same demands are granted {mine.granted}, and without it "
            f"{other.granted}; draw from self.draws alone, and limit demands in admit alone",
        )


def _check_openers(what: str, name: str, with_it: Journal, without: Journal) -> None:
    """Check that the same members open the usual talk."""
    mine, other = (_openers(journal, other_than=name) for journal in (with_it, without))
    require(
        mine == other or not mine or not other,
        f"{what}: talks are opened by {', '.join(mine)}, and without it by {', '.join(other)}; draw from "
        "self.draws alone",
    )


def _openers(journal: Journal, *, other_than: str) -> list[str]:
    lines = [line for line in journal.of(Utterance) if line.member == MODERATOR and line.phase != other_than]
    return [line.next_speaker or "nobody" for line in lines if line.phase == "discussion"]
