"""The prompts of the original program, from the user's own copy of it, become a folder of templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govsim.analysis import read_run
from govsim.config import World
from govsim.errors import ConfigError
from govsim.journal import MessageLine, read_journal
from govsim.scenarios import Prompts, load_scenario, sample_variables
from govsim.scenarios.original import import_prompts
from tests.commands import govsim
from tests.living import Lived
from tests.original_prompts import ACT, REFLECT, UTILS, write_checkout


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    import_prompts(write_checkout(tmp_path / "original"), tmp_path / "theirs")
    return tmp_path / "theirs"


def rendered(folder: Path, template: str, **variables: Any) -> str:
    prompts = Prompts(load_scenario("fishery", folder), World())
    return prompts.render(template, **{**sample_variables(), **variables})


def test_the_system_prompt_is_the_identity_with_the_other_members(imported: Path) -> None:
    text = rendered(imported, "identity", persona=" Fish is all.")
    assert text == (
        "You are John, an angler at a pond with four more (Kate, Jack, Emma, Luke). The pond has room for 100 tons."
        " Fish is all."
    )
    assert rendered(imported, "system") == ""


def test_the_harvest_shows_memories_then_the_question_then_the_cue(imported: Path) -> None:
    memories = ["2024-01-01: the pond is full", "2024-01-30: Kate landed 9: all"]
    question = rendered(imported, "question", stock=80)
    assert question == "Choose from 0 to 80 tons."
    assert rendered(imported, "harvest", memories=memories, question=question, date="2024-02-01") == (
        "At the lake on 2024-02-01.\n\n"
        "What John knows {so far}:\n"
        "[2024-01-01] the pond is full\n[2024-01-30] Kate landed 9: all\n\n\n"
        "Choose from 0 to 80 tons. Reason in small steps."
    )


def test_a_discussion_comes_before_the_memories_and_the_task(imported: Path) -> None:
    lines = ['Kate: "Fewer: nine"', 'Luke: "No"']
    shared = rendered(imported, "conversation", lines=lines, names="John, Kate and Luke", date="2024-01-30")
    assert shared == (
        'At the lake on 2024-01-30.\n\n\nA meeting of John, Kate, and Luke.\nSo far:\n* Kate said "Fewer: nine"\n'
        '* Luke said "No"'
    )
    own = rendered(imported, "line", memories=["2024-01-01: rain"])
    assert own == "What John knows {so far}:\n[2024-01-01] rain\n\nWhich words come next from you?"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("summary", "Give the gist in a sentence."),
        ("limit", "Anglers talked about their catches.\nWhich limit did they settle on?"),
        ("rating", "How weighty is this for John?\n(a memory)"),
        ("stock", "There are 100 tons in the pond."),
        ("catch", "John hoped for 10 tons and landed 10."),
        ("others_catch", "Kate landed 10 tons."),
        ("universalization", "Should all land over 10 tons, the pond shrinks."),
        ("agreement", "All settled on 10 tons each."),
        ("insights", "Notes of John:\n1. (a memory)\n\n\nWhat follows from these notes?"),
    ],
)
def test_every_other_text_has_its_template(imported: Path, template: str, text: str) -> None:
    assert rendered(imported, template) == text


def test_the_moderator_reports_each_catch(imported: Path) -> None:
    text = rendered(imported, "moderator", catches=["John 9", "Kate 12"])
    assert text == "The month in short: John landed 9 tons. Kate landed 12 tons."


def test_each_thought_has_its_own_request(imported: Path) -> None:
    assert rendered(imported, "thoughts", remember=True, interesting=False) == "What of it matters for your plans?"
    assert rendered(imported, "thoughts", remember=False, interesting=True) == "What of it was curious?"


def test_another_version_of_the_system_prompt_can_be_chosen(tmp_path: Path) -> None:
    checkout = write_checkout(tmp_path / "original")
    import_prompts(checkout, tmp_path / "silent", version="v3_nocom")
    assert rendered(tmp_path / "silent", "identity") == "You are John, and silent."
    with pytest.raises(ConfigError, match=r"version = v9: there is no such version .*; choose from v3, v3_nocom"):
        import_prompts(checkout, tmp_path / "other", version="v9")


def test_what_cannot_be_converted_is_listed_with_file_and_function(tmp_path: Path) -> None:
    found = import_prompts(write_checkout(tmp_path / "original"), tmp_path / "theirs").unmapped
    about = [line for line in found if "prompt_action_choose_amount_of_fish" in line]
    assert about[0].startswith("simulation/scenarios/fishing/agents/persona_v3/cognition/act_prompts.py, line ")
    assert about[0].endswith("weather has no template variable")
    assert any("prompt_importance_chat: all ratings use the question about a thought" in line for line in found)
    assert "The weather" not in (tmp_path / "theirs" / "question.jinja").read_text(encoding="utf-8")


def test_a_branch_that_depends_on_the_run_is_listed_and_its_other_case_used(tmp_path: Path) -> None:
    branch = "        if identity.name == 'Jack':\n            lm += 'Only Jack. '\n        if flag:"
    checkout = write_checkout(tmp_path / "original", act_prompts=ACT.replace("        if flag:", branch))
    found = import_prompts(checkout, tmp_path / "theirs").unmapped
    assert any("the case identity.name == 'Jack' is omitted" in line for line in found)
    assert "Jack" not in (tmp_path / "theirs" / "question.jinja").read_text(encoding="utf-8")


def test_a_missing_function_leaves_our_own_text(tmp_path: Path) -> None:
    checkout = write_checkout(tmp_path / "original", reflect_prompts=REFLECT.replace("def prompt_insight", "def other"))
    found = import_prompts(checkout, tmp_path / "theirs").unmapped
    assert "prompt_insight_and_evidence: there is no such function; govsim's own text is used" in found
    assert not (tmp_path / "theirs" / "insights.jinja").exists()


def test_the_code_of_the_checkout_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    checkout = write_checkout(tmp_path / "original", utils=f"open({str(mark)!r}, 'w').close()\n{UTILS}")
    import_prompts(checkout, tmp_path / "theirs")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"act_prompts": "def prompt_action_choose_amount():\n    pass\n"}, "found no text for question"),
        ({"act_prompts": "def broken(:\n"}, "act_prompts.py: cannot be read as Python"),
        ({"utils": "pass\n"}, "version = v3: there is no such version of the system prompt; found none"),
    ],
)
def test_an_unknown_structure_is_refused_in_one_line(tmp_path: Path, changes: dict[str, str], cause: str) -> None:
    write_checkout(tmp_path / "original", **changes)
    done = govsim(tmp_path, "prompts", "import", "original", "-o", "theirs")
    assert done.returncode == 2
    assert cause in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "theirs").exists()


def test_another_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    for folder, cause in ((".", "has no folder simulation/scenarios/fishing"), ("none", "there is no such folder")):
        done = govsim(tmp_path, "prompts", "import", folder, "-o", "theirs")
        assert done.returncode == 2
        assert cause in done.stderr
        assert "; give a clone of the original GovSim: git clone https://" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_no_file_is_overwritten(tmp_path: Path, imported: Path) -> None:
    before = (imported / "harvest.jinja").read_text(encoding="utf-8")
    (imported / "harvest.jinja").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="exists and is not an empty folder"):
        import_prompts(tmp_path / "original", imported)
    assert (imported / "harvest.jinja").read_text(encoding="utf-8") == "mine" != before


@pytest.mark.parametrize("cognition", ["merged", "separate"])
def test_a_society_runs_with_them_and_names_the_folder(tmp_path: Path, imported: Path, cognition: str) -> None:
    sets = ("--set", "world.months=2", "--set", f"society.cognition={cognition}")
    done = govsim(tmp_path, "run", "fishery", "--prompts", str(imported), "--model", "fake/society", *sets)
    assert done.returncode == 0, done.stderr
    [path] = (tmp_path / "runs").rglob("*.jsonl")
    assert read_run(path).prompts_folder == "theirs"
    run = Lived(read_journal(path))
    assert run.journal.status == "completed"
    assert all(message.content.strip() for message in run.journal.of(MessageLine))
    [first, *_] = run.calls(purpose="harvest")
    assert f"You are {first.member}, an angler at a pond" in run.prompt(first)
    assert "There are 100 tons in the pond." in run.prompt(first)
