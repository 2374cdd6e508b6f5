"""Notes on the models that answered calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from govsim.analysis import format_table, load, read_run
from govsim.analysis.serving import Served, served_in, served_notes
from govsim.journal import Call, RequestLine

MODEL = "openai/gpt-4o"
MAY = RequestLine.of(MODEL, served="gpt-4o-2024-05-13")
AUGUST = RequestLine.of(MODEL, served="gpt-4o-2024-08-06")


def served(by: str | None, calls: int, *, model: str = MODEL, fallback: str | None = None) -> Served:
    return Served(model=model, by=by, fallback=fallback, calls=calls)


def test_calls_are_counted_by_the_model_that_answered(make_call: Callable[..., Call]) -> None:
    calls = [
        make_call(model=MODEL, request=MAY.hash),
        make_call(model=MODEL, request=AUGUST.hash, fallback="openai/gpt-4o-mini"),
        make_call(model=MODEL, request=MAY.hash, attempt=1),
        make_call(model=MODEL),
    ]
    assert served_in(calls, [MAY, AUGUST]) == (
        served("gpt-4o-2024-05-13", 2),
        served("gpt-4o-2024-08-06", 1, fallback="openai/gpt-4o-mini"),
        served(None, 1),
    )


def test_one_name_that_several_models_served_is_noted() -> None:
    found = [served("gpt-4o-2024-08-06", 12), served("gpt-4o-2024-05-13", 200), served("gpt-4o-2024-05-13", 100)]
    assert list(served_notes(found)) == [
        "openai/gpt-4o was served by gpt-4o-2024-05-13 (300 calls) and gpt-4o-2024-08-06 (12 calls)."
    ]


def test_models_that_were_served_by_one_model_each_need_no_note() -> None:
    assert list(served_notes([served("a", 3), served("b", 2, model="other"), served(None, 4)])) == []


def test_a_fallback_is_noted() -> None:
    found = [served("a", 3), served("a", 1, fallback="openai/gpt-4o-mini")]
    assert list(served_notes(found)) == ["The provider of openai/gpt-4o used a fallback: openai/gpt-4o-mini (1 call)."]


def test_the_table_notes_models_that_differ_between_runs(
    write_run: Callable[..., Path], make_call: Callable[..., Call], tmp_path: Path
) -> None:
    for seed, request in enumerate((MAY, AUGUST)):
        calls = [make_call(model=MODEL, request=request.hash)]
        write_run(f"seed-{seed}.jsonl", settings={"seed": seed}, said=[request], calls=calls)
    assert read_run(tmp_path / "seed-0.jsonl").served == (served("gpt-4o-2024-05-13", 1),)
    text = " ".join(format_table(load(tmp_path).cells).split())
    assert "openai/gpt-4o was served by gpt-4o-2024-05-13 (1 call) and gpt-4o-2024-08-06 (1 call)." in text
