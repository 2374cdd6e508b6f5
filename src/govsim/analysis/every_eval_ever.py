"""Results in the format of Every Eval Ever, schema 0.3.0: one JSON file for each model.

Runs of policies and of societies with several models are results of no single model and have no place in the format.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import UUID

from govsim.analysis.cells import Cell
from govsim.analysis.intervals import CONFIDENCE, Estimate
from govsim.analysis.measures import Measure, all_measures
from govsim.analysis.results import Results
from govsim.analysis.runs import MIXED, NO_MODEL
from govsim.config import EMBEDDED, LOCAL, check_writable
from govsim.errors import AnalysisError

SCHEMA = "0.3.0"

Relationship = Literal["first_party", "third_party", "collaborative", "other"]
"""Relationship between those who ran the evaluation and those who made the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRecords:
    """The files that were written, and the cells that are no results of a single model."""

    files: tuple[Path, ...]
    excluded: int


def write_evaluation_records(
    results: Results,
    folder: Path,
    *,
    organization: str,
    relationship: Relationship = "third_party",
    retrieved: float | None = None,
) -> EvaluationRecords:
    """Write the results of each model as `data/govsim/DEVELOPER/MODEL/ID.json`; existing files are replaced.

    The ID depends on the results alone, so the same results are written to the same file again.

    Args:
        results: the results of a folder of journals.
        folder: the output folder, created if needed.
        organization: who ran the evaluation.
        relationship: how they are related to those who made the models.
        retrieved: time of the export in seconds since 1970; now if None.

    Raises:
        AnalysisError: an argument is invalid, no counted runs have a single model, or a file cannot be written.
    """
    if not organization.strip():
        raise AnalysisError("organization = '': must be the name of the organization that ran the evaluation")
    if relationship not in get_args(Relationship):
        raise AnalysisError(f"relationship = {relationship}: must be one of {', '.join(get_args(Relationship))}")
    by_model: dict[str, list[Cell]] = {}
    for cell in results.cells:
        if cell.counted and cell.model not in (NO_MODEL, MIXED):
            by_model.setdefault(cell.model, []).append(cell)
    if not by_model:
        raise AnalysisError(
            "no finished runs of societies with a single language model; the format has no other results"
        )
    source = {
        "source_name": "govsim",
        "source_type": "evaluation_run",
        "source_organization_name": organization,
        "evaluator_relationship": relationship,
    }
    stamp = str(int(time.time() if retrieved is None else retrieved))
    versions = {
        run.path: origin.versions.get("govsim") for run, origin in zip(results.measures, results.origins, strict=True)
    }
    files = tuple(_write(folder, _record(model, found, versions, source, stamp)) for model, found in by_model.items())
    return EvaluationRecords(files=files, excluded=len(results.cells) - sum(map(len, by_model.values())))


def _write(folder: Path, record: Mapping[str, Any]) -> Path:
    model: str = record["model_info"]["id"]
    developer, _, name = model.partition("/")
    place = folder / "data" / "govsim" / developer / name.replace("/", "_")
    content = [record[name] for name in ("source_metadata", "eval_library", "model_info", "evaluation_results")]
    digest = sha256(json.dumps(content, sort_keys=True).encode(errors="replace")).digest()
    name_of_results = UUID(bytes=digest[:16], version=4)  # the schema requires version 4
    path = place / f"{name_of_results}.json"
    check_writable(place)
    try:
        place.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", errors="replace")
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def _record(
    model: str, cells: Sequence[Cell], versions: Mapping[Path, str | None], source: Mapping[str, str], stamp: str
) -> dict[str, Any]:
    used = sorted({versions[run.path] or "unknown" for cell in cells for run in cell.counted})
    return {
        "schema_version": SCHEMA,
        "evaluation_id": f"govsim/{model.replace('/', '_')}/{stamp}",
        "retrieved_timestamp": stamp,
        "source_metadata": source,
        "eval_library": {"name": "govsim", "version": ", ".join(used)},
        "model_info": _model_info(model),
        "evaluation_results": [result for cell in cells for result in _results(cell)],
    }


def _model_info(model: str) -> dict[str, Any]:
    is_local = model in (EMBEDDED, LOCAL)
    return {
        "name": model,
        "id": model,
        "inference_platform": model.partition("/")[0],
        "additional_details": {
            "deployment_type": "self_deployed" if is_local else "unknown",
            "model_availability": "open_weights" if is_local else "unknown",
        },
    }


def _results(cell: Cell) -> Iterator[dict[str, Any]]:
    """Yield a result for each measure that has a direction and a value."""
    estimates = cell.estimates
    months = max(run.experiment.world.months for run in cell.counted)
    for measure in all_measures():
        if measure.better is not None and (estimate := estimates[measure.name]).value is not None:
            first = cell.counted[0]
            yield {
                "evaluation_result_id": f"{cell.scenario}/{cell.condition}/{cell.society}/{measure.name}",
                "evaluation_name": f"govsim {cell.scenario} {cell.condition}",
                "source_data": {
                    "dataset_name": f"govsim {cell.scenario}",
                    "source_type": "other",
                    "additional_details": {"prompts": first.prompts, "condition": cell.condition},
                },
                "metric_config": _metric(measure, months),
                "score_details": _score(estimate),
                "generation_config": _generation(cell),
            }


def _metric(measure: Measure, months: int) -> dict[str, Any]:
    low, high = measure.bounds(months)
    factor = 100.0 if measure.unit == "%" else 1.0
    return {
        "evaluation_description": f"{measure.description} Mean over runs.",
        "metric_id": f"govsim.{measure.name}",
        "metric_name": measure.title,
        "metric_kind": measure.kind,
        "metric_unit": "percent" if measure.unit == "%" else measure.unit,
        "lower_is_better": measure.better == "lower",
        "score_type": "continuous",
        "min_score": "-Infinity" if low is None else low * factor,
        "max_score": "Infinity" if high is None else high * factor,
    }


def _score(estimate: Estimate) -> dict[str, Any]:
    interval = {}
    if estimate.low is not None and estimate.high is not None:
        ends = {"lower": estimate.low, "upper": estimate.high, "confidence_level": CONFIDENCE}
        interval = {"confidence_interval": ends}
    return {"score": estimate.value, "uncertainty": {**interval, "num_samples": estimate.n}}


def _generation(cell: Cell) -> dict[str, Any]:
    experiment = cell.counted[0].experiment
    sampling = experiment.models.sampling.model_dump(exclude_none=True)
    known = {name: value for name, value in sampling.items() if name in ("temperature", "top_p", "top_k", "max_tokens")}
    details = {
        "agent": cell.agent,
        "setup": cell.setup,
        "runs": len(cell.runs),
        "excluded": {name: count for name, count in cell.excluded.items() if count},
        "months": experiment.world.months,
        "unparsable_answers": cell.invalid,
        "sampling": sampling,
    }
    return {
        "generation_args": known,
        "additional_details": {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in details.items()
        },
    }
