from __future__ import annotations

import os
from pathlib import Path

import pytest

from govsim.errors import JournalError
from govsim.journal import PlannedRun, stamp_of, write_plan
from govsim.web.folder import Folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "runs"
    (place / "deep" / "er").mkdir(parents=True)
    (place / "deep" / "er" / "seed-0.jsonl").write_text("{}\n")
    (place / "seed-1.jsonl").write_text("{}\n")
    (place / "notes.txt").write_text("mine\n")
    (tmp_path / "secret.jsonl").write_text("not yours\n")
    return place


def test_journals_are_found_recursively_and_sorted_by_name(root: Path) -> None:
    found = Folder(root).contents().journals
    assert [one.name for one in found] == ["deep/er/seed-0.jsonl", "seed-1.jsonl"]
    assert all(one.problem is None and one.stamp is not None for one in found)


def test_file_with_changed_permissions_is_read_again(root: Path) -> None:
    path = next(root.rglob("*.jsonl"))
    before = stamp_of(path)
    path.chmod(0)
    assert stamp_of(path) != before
    path.chmod(before.mode & 0o777)
    assert stamp_of(path) == before


def test_name_resolves_to_its_journal(root: Path) -> None:
    assert Folder(root).path_of("deep/er/seed-0.jsonl") == (root / "deep/er/seed-0.jsonl").resolve()


@pytest.mark.parametrize(
    "name",
    [
        "../secret.jsonl",
        "deep/../../secret.jsonl",
        "/etc/passwd",
        "notes.txt",
        "deep",
        "",
        "gone.jsonl",
        "seed-1.jsonl\0.jsonl",
        "..\\secret.jsonl",
        "a" * 5000 + ".jsonl",
    ],
)
def test_other_names_are_rejected(root: Path, name: str) -> None:
    with pytest.raises(JournalError, match="no such journal"):
        Folder(root).path_of(name)


def test_links_to_outside_the_folder_are_reported_and_not_followed(root: Path) -> None:
    (root / "link.jsonl").symlink_to(root.parent / "secret.jsonl")
    (root / "circle.jsonl").symlink_to(root / "circle.jsonl")
    found = {one.name: one.problem for one in Folder(root).contents().journals}
    assert "link to outside the folder" in str(found["link.jsonl"])
    assert found["circle.jsonl"] is not None
    with pytest.raises(JournalError, match="no such journal"):
        Folder(root).path_of("link.jsonl")


def test_plan_outside_the_folder_is_not_read(root: Path) -> None:
    plan = PlannedRun(path="seed-0.jsonl", scenario="fishery", condition="default", society="s", seed=0, months=3)
    write_plan(root.parent / "paper.campaign.json", [plan])
    (root / "link.campaign.json").symlink_to(root.parent / "paper.campaign.json")
    (campaign,) = Folder(root).contents().campaigns
    assert campaign.runs == ()
    assert "unreadable plan" in str(campaign.problem)


def test_a_link_within_the_folder_is_followed(root: Path) -> None:
    (root / "link.jsonl").symlink_to(root / "seed-1.jsonl")
    assert Folder(root).path_of("link.jsonl") == (root / "seed-1.jsonl").resolve()


def test_neighbours_of_a_single_journal_are_not_shown(root: Path) -> None:
    folder = Folder(root / "seed-1.jsonl")
    assert [one.name for one in folder.contents().journals] == ["seed-1.jsonl"]
    with pytest.raises(JournalError, match="no such journal"):
        folder.path_of("deep/er/seed-0.jsonl")


def test_missing_folder_is_empty(tmp_path: Path) -> None:
    assert Folder(tmp_path / "later").contents().journals == ()


def test_campaigns_list_journals_relative_to_the_folder(root: Path) -> None:
    plan = PlannedRun(path="er/seed-0.jsonl", scenario="fishery", condition="default", society="s", seed=0, months=3)
    write_plan(root / "deep" / "paper.campaign.json", [plan])
    (root / "torn.campaign.json").write_text("{")
    paper, torn = Folder(root).contents().campaigns
    assert (paper.name, paper.runs, paper.problem) == ("deep/paper", ("deep/er/seed-0.jsonl",), None)
    assert "unreadable plan" in str(torn.problem)


@pytest.mark.parametrize("name", [b"bad\xff.jsonl", b"back\\slash.jsonl", b"new\nline.jsonl", b"bell\x07.jsonl"])
def test_name_that_is_not_allowed_in_addresses_is_reported(root: Path, name: bytes) -> None:
    (root / os.fsdecode(name)).write_text("{}\n")
    (found,) = (one for one in Folder(root).contents().journals if one.stamp is None)
    assert "rename it" in str(found.problem)
    assert found.name.encode().decode().isprintable()
    with pytest.raises(JournalError, match="no such journal"):
        Folder(root).path_of(os.fsdecode(name))


def test_named_pipe_does_not_block(root: Path) -> None:
    os.mkfifo(root / "study.campaign.json")
    (campaign,) = Folder(root).contents().campaigns
    assert "unreadable plan" in str(campaign.problem)


def test_studies_of_a_run_are_found(root: Path) -> None:
    for name in ("seed-1.labels.judge.study", "seed-10.labels.judge.study", "deep/tests.study"):
        (root / name).write_text("{}\n")
    (root / "seed-1.promises.judge.study").symlink_to(root.parent / "secret.jsonl")
    folder = Folder(root)
    names = [
        "deep/tests.study",
        "seed-1.labels.judge.study",
        "seed-1.promises.judge.study",
        "seed-10.labels.judge.study",
    ]
    assert [one.name for one in folder.contents().studies] == names
    beside = {one.name: one.problem for one in folder.studies_beside("seed-1.jsonl")}
    assert list(beside) == ["seed-1.labels.judge.study", "seed-1.promises.judge.study"]
    assert beside["seed-1.labels.judge.study"] is None
    assert "link to outside the folder" in str(beside["seed-1.promises.judge.study"])
    assert folder.study_path("deep/tests.study") == (root / "deep/tests.study").resolve()
    for name in ("seed-1.promises.judge.study", "seed-1.jsonl", "gone.study", "../out.study"):
        assert folder.study_path(name) is None
    assert folder.studies_beside("../seed-1.jsonl") == ()
    assert folder.studies_beside("gone/seed-1.jsonl") == ()


def test_only_studies_of_a_single_journal_are_shown(root: Path) -> None:
    for name in ("seed-1.labels.judge.study", "seed-10.labels.judge.study"):
        (root / name).write_text("{}\n")
    folder = Folder(root / "seed-1.jsonl")
    assert [one.name for one in folder.contents().studies] == ["seed-1.labels.judge.study"]
    assert folder.study_path("seed-10.labels.judge.study") is None
