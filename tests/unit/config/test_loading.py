"""Loading of settings from files and the command line, and merging of layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govsim.config import (
    Execution,
    assignment,
    expanded,
    experiment_from,
    load_experiment_file,
    load_yaml,
    merge,
    nested,
    validate,
)
from govsim.errors import ConfigError

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writing(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return writing


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n"])
def test_an_empty_file_is_rejected(write: Write, text: str) -> None:
    with pytest.raises(ConfigError, match=r"empty\.yaml: is empty; write the keys to set"):
        load_yaml(write("empty.yaml", text))


def test_a_file_can_state_that_it_sets_nothing(write: Write) -> None:
    assert load_yaml(write("nothing.yaml", "{}\n")) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "must be a mapping of keys to values, as in scenario: fishery, not a list"),
        ("just words", "must be a mapping of keys to values, as in scenario: fishery, not a single value"),
        ("world: [1, 2", r"is not valid YAML \(.*line 1"),
        ("world:\n  a: 1\n b: 2\n", r"is not valid YAML \(.*line 3"),
        ("world: !!python/object:os.system {}", "is not valid YAML"),
    ],
)
def test_a_file_without_keys_and_values_is_rejected_in_one_line(write: Write, text: str, message: str) -> None:
    path = write("broken.yaml", text)
    with pytest.raises(ConfigError, match=message) as refused:
        load_yaml(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert len(str(refused.value).splitlines()) == 1


def test_a_file_that_is_not_text_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"binary\.yaml: is not valid YAML"):
        load_yaml(tmp_path / "binary.yaml")


def test_a_missing_file_and_a_folder_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read \(No such file or directory\)"):
        load_yaml(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\); give the path of a readable YAML"):
        load_yaml(tmp_path)


def test_a_file_overrides_the_one_it_extends(write: Write) -> None:
    write("base.yaml", "seed: 3\nworld: {growth: 3, months: 4}\n")
    path = write("own.yaml", "extends: base.yaml\nworld: {months: 9}\n")
    assert load_experiment_file(path) == {"seed": 3, "world": {"growth": 3, "months": 9}}


def test_later_extended_files_override_earlier_ones_and_the_file_overrides_all(write: Write) -> None:
    write("one.yaml", "seed: 1\nworld: {growth: 1, months: 1, collapse: 1}\n")
    write("two.yaml", "world: {growth: 2, months: 2}\n")
    path = write("own.yaml", "extends: [one.yaml, two.yaml]\nworld: {months: 3}\n")
    assert load_experiment_file(path) == {"seed": 1, "world": {"growth": 2, "months": 3, "collapse": 1}}


def test_extended_files_are_relative_to_the_extending_file(write: Write) -> None:
    write("shared/root.yaml", "seed: 5\n")
    write("shared/base.yaml", "extends: root.yaml\n")
    path = write("mine/own.yaml", "extends: ../shared/base.yaml\n")
    assert load_experiment_file(path) == {"seed": 5}


@pytest.mark.parametrize(
    "files",
    [
        {"a.yaml": "extends: a.yaml"},
        {"a.yaml": "extends: b.yaml", "b.yaml": "extends: a.yaml"},
        {"a.yaml": "extends: [c.yaml, b.yaml]", "b.yaml": "extends: a.yaml", "c.yaml": "seed: 1"},
    ],
)
def test_files_that_extend_each_other_in_a_cycle_are_rejected(write: Write, files: dict[str, str]) -> None:
    for name, text in files.items():
        write(name, text)
    with pytest.raises(ConfigError, match="extends itself, directly or through others"):
        load_experiment_file(write("a.yaml", files["a.yaml"]))


def test_extending_the_same_file_twice_is_not_a_cycle(write: Write) -> None:
    write("root.yaml", "seed: 5\n")
    write("left.yaml", "extends: root.yaml\n")
    write("right.yaml", "extends: root.yaml\nseed: 6\n")
    assert load_experiment_file(write("own.yaml", "extends: [right.yaml, left.yaml]\n")) == {"seed": 5}


@pytest.mark.parametrize("extends", ["3", "{a: 1}", "[1]", "null"])
def test_only_file_names_can_be_extended(write: Write, extends: str) -> None:
    path = write("own.yaml", f"extends: {extends}\n")
    with pytest.raises(ConfigError, match="must be a file name or a list of file names"):
        load_experiment_file(path)


def test_a_missing_file_to_extend_is_named(write: Write) -> None:
    path = write("own.yaml", "extends: nowhere.yaml\n")
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        load_experiment_file(path)


def test_a_scenario_given_as_a_path_is_taken_from_the_files_own_folder(write: Write) -> None:
    assert load_experiment_file(write("x/own.yaml", "scenario: ./canal\n"))["scenario"] == str(
        write("x/canal/scenario.yaml", "").parent
    )
    assert load_experiment_file(write("x/own.yaml", "scenario: pasture\n"))["scenario"] == "pasture"
    assert load_experiment_file(write("x/own.yaml", "scenario: /canal\n"))["scenario"] == "/canal"


def growth(law: dict[str, Any]) -> dict[str, Any]:
    return {"world": {"growth": law}}


@pytest.mark.parametrize(
    ("layers", "merged"),
    [
        ([], {}),
        ([{"a": 1}, {"a": 2}, {"b": 3}], {"a": 2, "b": 3}),
        ([{"a": {"b": 1, "c": 2}}, {"a": {"c": 3, "d": 4}}], {"a": {"b": 1, "c": 3, "d": 4}}),
        ([{"a": {"b": {"c": 1, "x": 0}}}, {"a": {"b": {"c": 2}}}], {"a": {"b": {"c": 2, "x": 0}}}),
        ([{"a": [1, 2]}, {"a": [3]}], {"a": [3]}),
        ([{"a": {"b": 1}}, {"a": 5}], {"a": 5}),
        ([{"a": 5}, {"a": {"b": 1}}], {"a": {"b": 1}}),
        ([{"a": {"b": 1}}, {"a": {}}], {"a": {"b": 1}}),
        ([growth({"law": {"x": 1}}), growth({"law": {"y": 2}})], growth({"law": {"x": 1, "y": 2}})),
        ([growth({"law": {"x": 1}}), growth({"other": {"y": 2}})], growth({"other": {"y": 2}})),
        ([{"growth": {"b": 1}}, {"growth": {"c": 2}}], {"growth": {"b": 1, "c": 2}}),
    ],
)
def test_layers_are_merged_mapping_by_mapping(layers: list[dict[str, Any]], merged: dict[str, Any]) -> None:
    assert merge(*layers) == merged


def test_merging_does_not_modify_the_layers() -> None:
    below: dict[str, Any] = {"world": {"months": 1}}
    above: dict[str, Any] = {"world": {"months": 2}}
    merge(below, above, {"world": {"months": 3}})
    assert (below, above) == ({"world": {"months": 1}}, {"world": {"months": 2}})


def test_the_last_layer_of_an_experiment_wins() -> None:
    experiment = experiment_from(
        {"seed": 1, "world": {"months": 3, "growth": 3}}, {"world": {"months": 4}}, nested("world.months", 5)
    )
    assert (experiment.seed, experiment.world.months, experiment.world.growth) == (1, 5, 3)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("world.growth=1.5", "world.growth", 1.5),
        ("seed=7", "seed", 7),
        ("society.communication=false", "society.communication", False),
        ("society.hints=[universalization]", "society.hints", ["universalization"]),
        ("society.members={a: 1}", "society.members", {"a": 1}),
        ("models.default=openai/gpt-4o-mini", "models.default", "openai/gpt-4o-mini"),
        ("members.John.persona.goals=a=b", "members.John.persona.goals", "a=b"),
        (" seed = 7 ", "seed", 7),
        ("world.initial=", "world.initial", None),
        ("world.initial=null", "world.initial", None),
        ("models.args.name='7'", "models.args.name", "7"),
    ],
)
def test_an_assignment_yields_a_key_and_a_typed_value(text: str, key: str, value: object) -> None:
    assert assignment(text, option="--set") == (key, value)


@pytest.mark.parametrize("text", ["seed", "=7", " =7"])
def test_an_invalid_assignment_is_rejected(text: str) -> None:
    with pytest.raises(ConfigError, match=f"^--set {text.strip()}: must have the form KEY=VALUE$"):
        assignment(text, option="--set")


def test_an_assignment_with_an_unreadable_value_is_rejected() -> None:
    with pytest.raises(ConfigError, match=r"--set society\.members: the value is not valid YAML"):
        assignment("society.members=[a", option="--set")


@pytest.mark.parametrize("text", ["api_key=@hunter2", "password=*hunter2", "secret=%hunter2", "my_token=[hunter2"])
def test_an_unparsable_secret_is_not_quoted(text: str) -> None:
    with pytest.raises(ConfigError, match="the value is not valid YAML") as refused:
        assignment(text, option="-M")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("text", ["se\ned", "seed=[1,\n2"])
def test_a_rejected_assignment_is_reported_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError, match="--set") as refused:
        assignment(text, option="--set")
    assert len(str(refused.value).splitlines()) == 1


def test_a_dotted_key_becomes_nested_mappings() -> None:
    assert nested("members.John.persona.age", 40) == {"members": {"John": {"persona": {"age": 40}}}}
    assert nested("seed", 1) == {"seed": 1}


def test_the_source_of_what_is_rejected_is_named_first() -> None:
    with pytest.raises(ConfigError, match=r"^own\.yaml: runs = 0: must be at least 1$"):
        validate(Execution, [{"runs": 0}], source="own.yaml")


def test_a_key_given_twice_in_a_file_is_rejected_with_the_file_and_both_lines(write: Write) -> None:
    path = write(
        "twice.yaml", "scenario: fishery\nmembers:\n  Luke: {joins: 2}\nseed: 1\nmembers:\n  Kate: {joins: 3}\n"
    )
    with pytest.raises(ConfigError, match="line 5, column 1: members: is given twice, first in line 2") as refused:
        load_experiment_file(path)
    assert str(refused.value).startswith(f"{path}: ")


def test_a_member_named_no_is_written_in_quotation_marks_in_a_list_and_plainly_as_a_key(write: Write) -> None:
    with pytest.raises(ConfigError, match=r'No: write false, or quote it \("No"\) if text is meant'):
        load_yaml(write("plain.yaml", "society: {members: [Kate, No]}\n"))
    file = load_yaml(write("quoted.yaml", 'society: {members: [Kate, "No"]}\nmembers:\n  No: {joins: 2}\n'))
    assert experiment_from(file).member("No").joins == 2


def test_numbers_of_yaml_1_1_are_not_misinterpreted(write: Write) -> None:
    assert experiment_from(load_yaml(write("octal.yaml", "world: {months: 012}\n"))).world.months == 12
    with pytest.raises(ConfigError, match=r"world\.months = '12:30': must be a whole number"):
        experiment_from(load_yaml(write("base60.yaml", "world: {months: 12:30}\n")))


def test_the_error_for_an_ambiguous_value_names_the_alternatives() -> None:
    with pytest.raises(ConfigError, match=r'^--set society\.communication: no: write false, or quote it \("no"\)'):
        assignment("society.communication=no", option="--set")


@pytest.mark.parametrize("text", ["~/runs", "$HOME/runs", "${HOME}/runs"])
def test_home_is_replaced_in_the_output_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert validate(Execution, [{"out": text}]).out == tmp_path / "runs"
    assert expanded(text) == tmp_path / "runs"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$GOVSIM_UNSET/runs", "the environment variable GOVSIM_UNSET is not set"),
        ("${GOVSIM_UNSET}", "the environment variable GOVSIM_UNSET is not set"),
        (
            "~no-such-user/runs",
            "~no-such-user is not a user's home folder; for a folder of that name write ./~no-such-user",
        ),
    ],
)
def test_a_path_that_cannot_be_expanded_is_rejected(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        validate(Execution, [{"out": text}])


def test_a_path_without_home_or_variables_stays_as_it_is(tmp_path: Path) -> None:
    assert expanded("runs/~/a") == Path("runs/~/a")
    assert expanded(tmp_path) == tmp_path


def test_files_are_extended_and_scenarios_found_in_the_home_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, write: Write
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write("home/base.yaml", "seed: 4\n")
    path = write("own.yaml", "extends: ~/base.yaml\nscenario: ~/lake\n")
    assert load_experiment_file(path) == {"seed": 4, "scenario": str(tmp_path / "home" / "lake")}


def test_a_mapping_merged_into_a_list_holds_settings_only_for_lists_of_entries() -> None:
    assert merge({"society": {"phases": ["harvest"]}}, {"society": {"phases": {"harvest": {"as": "catch"}}}}) == {
        "society": {"phases": [{"harvest": {"as": "catch"}}]}
    }
    for layer in ({"models": {"extra_body": {"x": [1]}}}, {"society": {"members": ["Ada"]}}):
        [(section, content)] = layer.items()
        [key] = content
        over = {section: {key: {"y": {"z": 2}}}}
        assert merge(layer, {section: {key: "text"}}, over) == over
    body = {"models": {"extra_body": {"x": [1]}}}
    assert merge(body, {"models": {"extra_body": {"x": {"y": 2}}}}) == {"models": {"extra_body": {"x": {"y": 2}}}}
    with pytest.raises(ConfigError, match=r"^institutions\.quota: no such entry in the list; it contains tax$"):
        merge({"institutions": ["tax"]}, {"institutions": {"quota": {"amount": 3}}})
    with pytest.raises(ConfigError, match=r"^institutions: 'Tax': a name consists of lower-case letters"):
        merge({"institutions": ["Tax"]}, {"institutions": {"quota": {"amount": 3}}})
