"""What judges said, joined with the runs they read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from govsim.analysis.dialogue import Dialogue, majority_labels, settled_knowledge, settled_promises
from govsim.analysis.dialogue.compliance import agreed_limits, compliance_of
from govsim.analysis.dialogue.frames import DIALOGUE_LAYOUTS
from govsim.analysis.dialogue.reading import dialogue_frames
from govsim.errors import JournalError
from govsim.journal import Event, Harvest
from tests.unit.analysis.dialogue.conftest import (
    CONSENSUS,
    PERSUASION,
    SHARING,
    WriteStudy,
    agreed,
    dialogue_in,
    knows,
    label,
    line,
    promise,
)

WriteRun = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
FIRST, SECOND = line(1, 1, "John", "I took 10."), line(1, 2, "Kate", "Let us all take 8.")
LATER = line(2, 0, "Kate", "Agreed.")
OPENING = line(1, 0, "moderator", "John took 10.")
SAID = (OPENING, FIRST, SECOND, line(1, 3, "Luke", None), LATER)


def each(**asked: int | None) -> dict[str, int | None]:
    """What everyone asks for: 8, but for those who are named."""
    return {**dict.fromkeys(NAMES, 8), **asked}


@pytest.fixture
def run(write_run: WriteRun) -> Path:
    """Two months, and a collapse in the second."""
    asked = [each(), each(John=100, Jack=None)]
    return write_run("a/seed-0.jsonl", asked=asked, said=SAID, settings={"society": {"max_invalid": 1.0}})


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Rows as tuples, what is missing as None."""
    return [tuple(None if pd.isna(value) else value for value in row) for row in frame[list(columns)].to_numpy()]


class TestUtterances:
    def test_each_line_of_a_member_is_joined_with_each_rater(
        self, run: Path, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        write_study(run, "labels", [label(FIRST, SHARING), label(SECOND, PERSUASION), label(LATER, CONSENSUS)])
        write_study(run, "labels", [label(FIRST, None), label(SECOND, PERSUASION)], sample=2)
        found = dialogue_in(tmp_path)
        assert rows(found.utterances, "month", "member", "ordinal", "sample", "label", "group", "is_asked") == [
            (1, "John", 1, 1, SHARING, "information", True),
            (1, "Kate", 2, 1, PERSUASION, "negotiation", True),
            (2, "Kate", 0, 1, CONSENSUS, "negotiation", True),
            (1, "John", 1, 2, None, None, True),
            (1, "Kate", 2, 2, PERSUASION, "negotiation", True),
            (2, "Kate", 0, 2, None, None, False),
        ]
        assert rows(found.utterances.head(1), "path", "model", "judge", "judge_setup", "text", "status") == [
            ("a/seed-0.jsonl", "mock/one", "mock/judge", "mock-judge", "I took 10.", "collapsed")
        ]
        assert found.utterances["invalid"].dropna().tolist() == ["no label"]
        assert found.stale == ()

    def test_a_judge_whose_name_ends_like_a_sample_keeps_it(
        self, run: Path, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        write_study(run, "labels", [label(FIRST, SHARING)], judge="mock/judge-4.1")
        write_study(run, "labels", [label(FIRST, SHARING)], judge="mock/judge-4.1", sample=2)
        assert set(dialogue_in(tmp_path).utterances["judge_setup"]) == {"mock-judge-4.1"}

    @pytest.mark.parametrize(
        "changed",
        [line(1, 1, "John", "I took 11."), line(1, 1, "Kate", "I took 10."), line(1, 5, "John", "I took 10.")],
        ids=["text", "speaker", "place"],
    )
    def test_a_judgement_of_another_text_is_excluded_and_reported(
        self, run: Path, write_study: WriteStudy, tmp_path: Path, changed: Any
    ) -> None:
        write_study(run, "labels", [label(SECOND, PERSUASION), label(changed, SHARING)])
        write_study(run, "labels", [label(FIRST, SHARING)], judge="mock/other")
        found = dialogue_in(tmp_path)
        assert set(found.utterances["judge"]) == {"mock/other"}
        (told,) = found.stale
        assert told.startswith(
            "a/seed-0.labels.mock-judge.study: the discussion of month 1 no longer has this utterance"
        )
        assert found.runs["labels"].tolist() == [1]

    def test_a_judgement_without_its_run_is_reported(self, run: Path, write_study: WriteStudy, tmp_path: Path) -> None:
        write_study(run, "labels", [label(FIRST, SHARING)], journal="gone.jsonl")
        found = dialogue_in(tmp_path)
        assert len(found.utterances) == 0
        assert "gone.jsonl, is missing" in found.stale[0]

    def test_a_run_in_another_folder_is_never_taken_for_it(
        self, run: Path, write_run: WriteRun, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        write_run("b/other.jsonl", said=SAID)
        write_study(run, "labels", [label(FIRST, SHARING)], journal="../b/other.jsonl")
        found = dialogue_in(tmp_path)
        assert len(found.utterances) == 0
        assert len(found.stale) == 1

    def test_a_copy_of_a_rater_has_no_second_voice(self, run: Path, write_study: WriteStudy, tmp_path: Path) -> None:
        path = write_study(run, "labels", [label(FIRST, SHARING)])
        path.with_name("seed-0.labels.copy.study").write_bytes(path.read_bytes())
        found = dialogue_in(tmp_path)
        assert len(found.utterances) == 3
        assert "has the same judge and sample as" in found.stale[0]

    def test_a_broken_judgement_is_reported_and_the_others_are_read(
        self, run: Path, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        write_study(run, "labels", [label(FIRST, SHARING)])
        write_study(run, "promises", []).write_bytes(b"garbage\n")
        told: list[JournalError] = []
        assert len(dialogue_in(tmp_path, broken=told.append).utterances) == 3
        assert len(told) == 1
        with pytest.raises(JournalError, match=r"promises.*line 1"):
            dialogue_in(tmp_path)

    def test_one_run_is_read_with_its_own_judges_alone(
        self, run: Path, write_run: WriteRun, write_study: WriteStudy
    ) -> None:
        other = write_run("a/seed-1.jsonl", said=SAID)
        write_study(run, "labels", [label(FIRST, SHARING)])
        write_study(other, "labels", [label(FIRST, SHARING)])
        found = dialogue_in(run)
        assert set(found.utterances["path"]) == {"seed-0.jsonl"}
        assert found.stale == ()

    def test_there_may_be_no_judge(self, run: Path) -> None:
        found = dialogue_in(run.parent)
        assert not found.is_judged
        assert dialogue_frames(found) == []
        assert found.runs["lines"].tolist() == [3]

    def test_frames_have_the_types_of_their_layouts(self, run: Path, write_study: WriteStudy, tmp_path: Path) -> None:
        write_study(run, "labels", [label(FIRST, SHARING)])
        for layout, frame in dialogue_frames(dialogue_in(tmp_path)):
            assert {name: kind.name for name, kind in frame.dtypes.items()} == {c.name: c.kind for c in layout.columns}

    @pytest.mark.parametrize("layout", DIALOGUE_LAYOUTS, ids=lambda layout: layout.name)
    def test_every_column_is_named_once_and_explained(self, layout: Any) -> None:
        assert len(set(layout.names)) == len(layout.names)
        assert all(column.meaning.endswith(".") for column in layout.columns)


class TestMajority:
    @pytest.fixture
    def found(self, run: Path, write_study: WriteStudy, tmp_path: Path) -> Dialogue:
        labels = ((SHARING, SHARING), (SHARING, PERSUASION), (PERSUASION, None))
        for number, (first, second) in enumerate(labels, start=1):
            write_study(run, "labels", [label(FIRST, first), label(SECOND, second)], sample=number)
        return dialogue_in(tmp_path)

    def test_the_label_with_most_votes_counts_and_a_tie_gives_none(self, found: Dialogue) -> None:
        assert rows(majority_labels(found.utterances), "ordinal", "raters", "votes", "settled", "label", "group") == [
            (1, 3, 2, "settled", SHARING, "information"),
            (2, 2, 1, "tie", None, None),
            (0, 0, 0, "not asked", None, None),
        ]

    def test_an_utterance_with_unreadable_replies_differs_from_one_that_was_not_judged(
        self, run: Path, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        write_study(run, "labels", [label(FIRST, None)])
        settled = majority_labels(dialogue_in(tmp_path).utterances)["settled"]
        assert settled.tolist() == ["invalid", "not asked", "not asked"]


def harvest(month: int, **asked: int) -> Harvest:
    """A harvest in which some ask."""
    return Harvest(
        month=month,
        stock_before=100,
        threshold=50,
        member_threshold=10,
        asked=asked,
        granted={**asked, "Luke": 0},
        invalid={"Luke": "no number"},
        stock_after_harvest=50,
        stock_after_growth=100,
        is_collapsed=False,
    )


class TestDeeds:
    @pytest.mark.parametrize(
        ("member", "promised", "outcome", "excess"),
        [
            ("John", 10, "kept", None),
            ("John", 11, "kept", None),
            ("John", 9, "broken", 1),
            ("John", 0, "broken", 10),
            ("John", None, None, None),
            ("Luke", 10, "unknown", None),
            ("Nobody", 10, "unknown", None),
        ],
    )
    def test_a_promise_is_judged_by_what_is_asked(
        self, member: str, promised: int | None, outcome: str | None, excess: int | None
    ) -> None:
        found = compliance_of(member, promised, harvest(2, John=10))
        assert (found.outcome, found.excess) == (outcome, excess)

    def test_after_the_last_month_nothing_can_be_kept(self) -> None:
        assert compliance_of("John", 10, None).outcome == "no harvest"

    def test_promises_are_joined_with_the_harvest_of_the_next_month(
        self, run: Path, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        write_study(run, "promises", [promise(FIRST, 10), promise(SECOND, 8), promise(LATER, 8)])
        found = dialogue_in(tmp_path).promises
        assert rows(found, "member", "promised", "line", "quote", "asked", "outcome", "excess") == [
            ("John", 10, 1, "I took 10.", 100, "broken", 90),
            ("Kate", 8, 2, "Let us all take 8.", 8, "kept", None),
            ("Kate", 8, 0, "Agreed.", None, "no harvest", None),
        ]
        assert found["granted"].iloc[0] < 100

    def test_a_promise_in_other_words_is_stale_and_a_missing_one_is_not(
        self, run: Path, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        write_study(run, "promises", [promise(FIRST, None)])
        write_study(run, "promises", [promise(line(1, 1, "John", "I take 9."), 9)], judge="mock/other")
        found = dialogue_in(tmp_path)
        assert rows(found.promises, "judge", "promised", "outcome") == [("mock/judge", None, None)]
        assert "the discussion of month 1 no longer has the promise of John" in found.stale[0]

    def test_most_raters_decide_what_was_promised_and_none_is_an_answer(
        self, run: Path, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        for sample, (john, kate) in enumerate([(10, 8), (10, None), (9, None)], start=1):
            write_study(run, "promises", [promise(FIRST, john), promise(SECOND, kate)], sample=sample)
        write_study(run, "promises", [promise(FIRST, None, invalid="no number")], sample=4)
        found = settled_promises(dialogue_in(tmp_path).promises)
        assert rows(found, "member", "raters", "settled", "promised", "asked", "outcome", "excess") == [
            ("John", 3, "settled", 10, 100, "broken", 90),
            ("Kate", 3, "settled", None, 8, None, None),
        ]


class TestLimits:
    def limits(self, agreements: list[tuple[int, int | None]], asked: list[int]) -> list[tuple[Any, ...]]:
        harvests = {month: harvest(month, John=units, Kate=5) for month, units in enumerate(asked, start=1)}
        found = agreed_limits((agreed(*one) for one in agreements), harvests, "none")
        return [(one.month, one.is_renewal, one.is_kept, one.months_held, one.ending) for one in found]

    def test_a_limit_holds_until_a_member_asks_for_more(self) -> None:
        assert self.limits([(1, 10)], [20, 10, 10, 11, 5]) == [(1, False, True, 2, "broken")]

    def test_a_limit_can_be_broken_at_once(self) -> None:
        assert self.limits([(1, 10)], [20, 11, 5]) == [(1, False, False, 0, "broken")]

    def test_a_limit_that_holds_to_the_end_is_censored(self) -> None:
        assert self.limits([(2, 10)], [20, 20, 10]) == [(2, False, True, 1, "run ended")]

    def test_a_limit_of_the_last_discussion_has_no_following_harvest(self) -> None:
        assert self.limits([(2, 10)], [5, 5]) == [(2, False, None, 0, "run ended")]

    def test_another_limit_supersedes_the_one_in_force(self) -> None:
        assert self.limits([(1, 10), (3, 8)], [5, 10, 10, 9]) == [
            (1, False, True, 2, "superseded"),
            (3, False, False, 0, "broken"),
        ]

    def test_the_same_limit_again_is_a_renewal_while_it_holds(self) -> None:
        assert self.limits([(1, 10), (2, 10), (3, 10)], [5, 10, 11, 5]) == [
            (1, False, True, 1, "broken"),
            (2, True, False, 0, "broken"),
            (3, False, True, 1, "run ended"),
        ]

    def test_a_discussion_without_a_limit_changes_nothing(self) -> None:
        assert self.limits([(1, 10), (2, None)], [5, 10, 10]) == [(1, False, True, 2, "run ended")]

    def test_the_next_harvest_shows_who_asked_for_more(self, write_run: WriteRun, tmp_path: Path) -> None:
        events: list[Event] = [agreed(1, 8)]
        months = [each(), each(John=10, Kate=9, Luke=None)]
        settings = {"society": {"max_invalid": 1.0}, "world": {"months": 2}}
        write_run("x.jsonl", asked=months, said=events, status="completed", settings=settings)
        found = dialogue_in(tmp_path).agreements
        assert rows(found, "limit", "deciding", "above", "is_kept", "excess") == [(8, 4, 2, False, 3)]


def test_knowledge_is_shown_beside_the_decision(run: Path, write_study: WriteStudy, tmp_path: Path) -> None:
    write_study(run, "knowledge", [knows(2, "John", False, True, True), knows(1, "Kate", True, True, False)])
    write_study(run, "knowledge", [knows(2, "John", True, True, True), knows(1, "Kate")], sample=2)
    found = dialogue_in(tmp_path).knowledge
    assert rows(found.head(2), "member", "asked", "member_threshold", "is_over_usage") == [
        ("John", 100, found["member_threshold"].iloc[0], True),
        ("Kate", 8, 10, False),
    ]
    settled = settled_knowledge(found)
    assert rows(settled, "member", "raters", "names_threshold", "names_others", "names_future") == [
        ("John", 2, None, True, True),
        ("Kate", 1, True, True, False),
    ]


def test_knowledge_of_a_decision_that_is_not_there_is_stale(run: Path, write_study: WriteStudy, tmp_path: Path) -> None:
    write_study(run, "knowledge", [knows(3, "John", True, True, True)])
    found = dialogue_in(tmp_path)
    assert len(found.knowledge) == 0
    assert "John no longer has a decision in month 3" in found.stale[0]
