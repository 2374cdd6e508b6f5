"""Create the golden journal of the current schema; run it once when the schema version is increased, and never again.

``python tests/golden/make.py`` writes ``schema-N.jsonl`` and ``schema-N.table.json`` beside this file.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import govsim
from govsim.analysis import cells_of, read_run
from govsim.journal import SCHEMA_VERSION

HERE = Path(__file__).parent


def main() -> None:
    """Write the golden journal, unless there is one."""
    journal = HERE / f"schema-{SCHEMA_VERSION}.jsonl"
    if journal.exists():
        sys.exit(f"{journal.name} exists: a golden journal is kept as it is; raise SCHEMA_VERSION first")
    with TemporaryDirectory() as folder:
        runs = govsim.run(
            "pollution",
            condition="universalization",
            model="fake/society",
            model_args={"catch": 9},
            months=3,
            seed=7,
            out=folder,
            settings={
                "society.members": ["Ana", "Bo", "Cy", "Di"],
                "society.phases.discussion.max_lines": 4,
                "members.Bo.agent": "direct",
                "members.Cy.agent": "policy:fixed:15",
                "members.Di.joins": 2,
            },
        )
        shutil.copy(runs.results[0].path, journal)
    figures = [cell.to_json() for cell in cells_of([read_run(journal)])]
    journal.with_suffix(".table.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
