"""Write the estimated cost of the campaigns in experiments/ into experiments/README.md.

With ``--check``, exit with 1 if the page is out of date.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from govsim.config import Execution, load_experiment_file, validate
from govsim.jobs import Amount, CostEstimate, estimate, plan_runs

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "experiments" / "README.md"
BEGIN, END = "<!-- estimates: written by docs/estimates.py -->", "<!-- end of estimates -->"

CAMPAIGNS = ("paper.yaml", "paper-default-protocol.yaml", "institutions.yaml")

MODEL = "openai/model"
"""Any name: a dry run is the same for all models and calls none."""


def estimates(name: str, **part: list[str]) -> list[CostEstimate]:
    """Estimate the cells of a campaign in experiments/ for one model, or of a part: `scenario=["fishery"]`."""
    settings = load_experiment_file(ROOT / "experiments" / name)
    execution = validate(Execution, [settings.pop("execution")])
    one = {**settings, "grid": {**settings["grid"], "model": [MODEL], **part}}
    nowhere = execution.model_copy(update={"out": ROOT / "no" / "such" / "folder"})
    return asyncio.run(estimate(plan_runs(one, nowhere), nowhere))


def tables() -> str:
    """Return the tables of all campaigns, one row per cell."""
    parts = []
    for name in CAMPAIGNS:
        cells = estimates(name)
        total = sum((cell.models[MODEL] for cell in cells), Amount())
        lines = [
            _line("scenario", "condition", "runs", "calls", "input tokens", "output tokens"),
            _line("---", "---", "---:", "---:", "---:", "---:"),
            *map(row_of, cells),
            _line("**all**", "", str(sum(cell.left for cell in cells)), *_amount(total)),
        ]
        parts.append(f"`{name}`, per model:\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def row_of(cell: CostEstimate) -> str:
    """Return the row of a cell."""
    return _line(*cell.cell[:2], str(cell.left), *_amount(cell.models[MODEL]))


def page() -> str:
    """Return the up-to-date page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"


def main(arguments: Sequence[str]) -> int:
    """Write or check the page, and return the exit code."""
    wanted = page()
    if list(arguments) == ["--check"]:
        is_stale = wanted != PAGE.read_text(encoding="utf-8")
        if is_stale:
            print("experiments/README.md is out of date: run python docs/estimates.py", file=sys.stderr)
        return int(is_stale)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


def _line(*words: str) -> str:
    return f"| {' | '.join(words)} |"


def _amount(amount: Amount) -> tuple[str, str, str]:
    return f"{amount.calls:,.0f}", f"{amount.input_tokens or 0:,.0f}", f"{amount.output_tokens or 0:,.0f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
