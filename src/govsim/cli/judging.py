"""What `govsim dialogue` does with judges: estimate, ask, and say what they found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from govsim.cli.broken import BrokenJournals
from govsim.cli.studying import carry_out_with_progress, exit_if_unfinished, say_how_it_ended, show_study_estimate
from govsim.config import Execution, Layer, assignment
from govsim.studies import DialogueSettings, plan_check, plan_dialogue


def settings_of_judges(model_args: Sequence[str], temperature: float | None) -> Layer:
    """Keys of `models` that a command line sets for all judges.

    Raises:
        ConfigError: an argument has not the form NAME=VALUE.
    """
    args = dict(assignment(text, option="-M") for text in model_args)
    sampling = {} if temperature is None else {"temperature": temperature}
    return {"args": args, "sampling": sampling}


def check(judge: str, settings: Layer, out: Path, execution: Execution, *, is_estimate: bool) -> None:
    """Let a judge label utterances whose labels are known, and print where it is right and wrong."""
    plans = [plan_check(judge, settings, out)]
    if is_estimate:
        return show_study_estimate(plans, execution)
    results = carry_out_with_progress(plans, execution)
    say_how_it_ended(results)
    return exit_if_unfinished(results)


def let_judge(wanted: DialogueSettings, execution: Execution, *, is_estimate: bool) -> None:
    """Let judges read the journals of runs."""
    broken = BrokenJournals()
    plans = plan_dialogue(wanted, broken=broken)
    if is_estimate:
        show_study_estimate(plans, execution)
        return broken.leave()
    results = carry_out_with_progress(plans, execution)
    say_how_it_ended(results)
    exit_if_unfinished(results)
    return broken.leave()
