"""Judgements of a run on pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from govsim.journal import LABELS, Label, Promise, Utterance, read_journal
from govsim.web.dialogue_results import judged, readings
from govsim.web.parts.listing import rows
from tests.unit.analysis.dialogue.conftest import WriteStudy, label, promise, write_study

__all__ = ["write_study"]

PROMISE = 12


@pytest.fixture
def said(journal: Path) -> list[Utterance]:
    """What members said in the first month, in its order."""
    lines = [one for one in read_journal(journal).of(Utterance) if one.month == 1 and one.member != "moderator"]
    return sorted(lines, key=lambda one: one.ordinal)


def labelled(line: Utterance, place: int) -> Label:
    return label(line, LABELS[place])


def promised(line: Utterance, units: int) -> Promise:
    return promise(line, units)


def test_utterance_has_the_majority_label_and_its_judges(
    journal: Path, said: list[Utterance], write_study: WriteStudy
) -> None:
    line = said[0]
    for judge, place in (("a/x", 0), ("a/y", 3), ("a/z", 3)):
        write_study(journal, "labels", [labelled(line, place)], judge=judge)
    given = judged(journal, journal.parent).labels
    assert list(zip(given["month"], given["ordinal"], strict=True)) == [(1, line.ordinal)]
    (one,) = given.itertuples()
    assert (one.label, one.member, one.text) == (LABELS[3], line.member, line.text)
    assert one.judges == "a-y, a-z (2 of 3 judges)"


def test_tie_gives_no_label(journal: Path, said: list[Utterance], write_study: WriteStudy) -> None:
    for judge, place in (("a/x", 0), ("a/y", 3)):
        write_study(journal, "labels", [labelled(said[0], place)], judge=judge)
    assert judged(journal, journal.parent).labels.empty


def test_promise_has_its_outcome(journal: Path, said: list[Utterance], write_study: WriteStudy) -> None:
    kept, broken = said[0], said[1]
    write_study(journal, "promises", [promised(kept, PROMISE), promised(broken, 1)])
    found = {one.member: one for one in rows(judged(journal, journal.parent).promises)}
    first, second = found[kept.member], found[broken.member]
    assert (first.month, first.promised, first.quote, first.outcome) == (1, PROMISE, kept.text, "kept")
    assert first.excess is None
    assert second.outcome == "broken"
    assert second.asked is not None
    assert second.excess == second.asked - 1
    assert judged(journal, journal.parent).has_promises


def test_stale_judgements_are_excluded_and_reported(
    journal: Path, said: list[Utterance], write_study: WriteStudy
) -> None:
    other = said[0].model_copy(update={"text": "I said nothing of the kind."})
    write_study(journal, "labels", [labelled(other, 0)])
    assert judged(journal, journal.parent).labels.empty
    found = readings(journal.parent, journal.parent)
    assert not found.is_judged
    assert found.labels.empty
    assert "has changed: judge it again" in found.stale[0]


def test_journals_outside_the_folder_are_not_read(
    journal: Path, said: list[Utterance], write_study: WriteStudy, tmp_path: Path
) -> None:
    write_study(journal, "labels", [labelled(said[0], 0)])
    outside = tmp_path / "outside.jsonl"
    outside.write_bytes(journal.read_bytes())
    (journal.parent / "out.jsonl").symlink_to(outside)
    (journal.parent / "seed-0.labels.x.study").symlink_to(outside)
    found = readings(journal.parent, journal.parent)
    assert len(found.labels) == 1
    assert [why.split(":")[0] for why in found.broken] == ["out.jsonl", "seed-0.labels.x.study"]
    assert all("leads out of the folder" in why for why in found.broken)
    assert len(judged(journal, journal.parent).labels) == 1


def test_plotted_shares_equal_the_table(journal: Path, said: list[Utterance], write_study: WriteStudy) -> None:
    write_study(journal, "labels", [labelled(said[0], 3), labelled(said[1], 0)])
    found = readings(journal.parent, journal.parent)
    (row,) = [one for one in found.tables["shares"].data if LABELS[3] in one["name"]]
    assert row["share"]["value"] == 50
    assert list(found.labels["label"]) == [LABELS[3], LABELS[0]]
