"""Every Eval Ever: files that match its published schema 0.3.0, beside this module (MIT licence)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from govsim.analysis import load
from govsim.analysis.every_eval_ever import write_evaluation_records
from govsim.errors import AnalysisError

SCHEMA = json.loads(Path(__file__).with_name("every-eval-ever-0.3.0.schema.json").read_text(encoding="utf-8"))
NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
WriteRun = Callable[..., Path]


def test_the_results_of_each_model_match_the_schema(write_run: WriteRun, tmp_path: Path) -> None:
    for seed, units in enumerate((10, 9, 100)):
        status = "collapsed" if units == 100 else "completed"
        asked = [dict.fromkeys(NAMES, units)] * (1 if units == 100 else 12)
        write_run(f"runs/{seed}.jsonl", settings={"seed": seed}, asked=asked, status=status)
    policies = {"agents": {"default": "policy:greedy"}}
    write_run("runs/policies.jsonl", settings=policies, society="greedy")
    results = load(tmp_path / "runs")
    written = write_evaluation_records(results, tmp_path, organization="Lab", retrieved=0)
    (file,) = written.files
    assert file.parent == tmp_path / "data" / "govsim" / "mock" / "one"
    assert written.excluded == 1
    record = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(record, SCHEMA)
    found = {one["metric_config"]["metric_id"]: one for one in record["evaluation_results"]}
    survival = found["govsim.survival_rate"]
    assert survival["score_details"]["score"] == pytest.approx(200 / 3)
    assert survival["score_details"]["uncertainty"]["num_samples"] == 3
    assert survival["metric_config"]["max_score"] == 100
    assert found["govsim.over_usage"]["metric_config"]["lower_is_better"]
    assert found["govsim.gain"]["metric_config"]["max_score"] == "Infinity"
    assert write_evaluation_records(results, tmp_path, organization="Lab", retrieved=9).files == (file,)


def test_results_without_a_model_and_without_an_organization_are_rejected(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("runs/a.jsonl", settings={"agents": {"default": "policy:greedy"}})
    results = load(tmp_path / "runs")
    with pytest.raises(AnalysisError, match="no finished runs of societies with a single language model"):
        write_evaluation_records(results, tmp_path, organization="Lab")
    with pytest.raises(AnalysisError, match="organization = '': must be the name"):
        write_evaluation_records(results, tmp_path, organization=" ")
