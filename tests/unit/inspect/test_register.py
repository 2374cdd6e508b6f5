"""The files by which registers list the tasks."""

from __future__ import annotations

import ast

from govsim.config.yaml import parse
from tests.docs.pages import ROOT

FOLDER = ROOT / "examples" / "inspect"


def test_the_entry_names_a_task_of_the_file_and_its_number_of_runs() -> None:
    entry = parse((FOLDER / "eval.yaml").read_text(encoding="utf-8"))
    (task,) = entry["tasks"]
    source = ROOT / task["task_path"]
    functions = {node.name for node in ast.parse(source.read_text(encoding="utf-8")).body if hasattr(node, "name")}
    assert task["name"] in functions
    assert task["dataset_samples"] == 5
    assert "\n" not in entry["description"]
