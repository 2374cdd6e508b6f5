"""What `govsim dialogue` does: estimate, ask judges, show what they found, and draw samples for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from govsim.characters import counted
from govsim.cli.broken import BrokenJournals
from govsim.cli.formats import TableFormat
from govsim.cli.settings import MODEL_KEYS, STUDY_KEYS, args_layer, set_layers
from govsim.cli.studying import carry_out_with_progress, exit_if_unfinished, say_how_it_ended, show_study_estimate
from govsim.cli.words import say, say_table
from govsim.config import Execution, Layer, merge
from govsim.errors import AnalysisError, ConfigError
from govsim.studies import DialogueSettings, plan_check, plan_dialogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a reader wants to see of what judges found.

    Attributes:
        folder: where the journals lie, at any depth.
        labels: samples that people have labelled.
        tables: which tables; all when empty.
        seed: what resamples are drawn from.
        format: what is written.
    """

    folder: Path
    labels: Sequence[Path]
    tables: Sequence[str]
    seed: int
    format: TableFormat

    def check(
        self, *, has_judge: bool, is_check: bool, is_estimate: bool, sample: int | None, out: Path | None
    ) -> None:
        """Refuse what does not go together, before anybody is asked.

        Args:
            has_judge: whether somebody is to be asked.
            is_check: whether it is asked what is known, which makes one table.
            is_estimate: whether only an estimate is wanted.
            sample: how many utterances are drawn; None for no sample.
            out: where they go; None where nobody said.

        Raises:
            ConfigError: names the options.
        """
        from govsim.analysis.dialogue import DIALOGUE_TABLES

        if unknown := [table for table in self.tables if table not in DIALOGUE_TABLES]:
            raise ConfigError(f"table = {unknown[0]}: there is no such table; choose from {', '.join(DIALOGUE_TABLES)}")
        if out is not None and sample is None:
            raise ConfigError(f"--out {out}: is where a sample goes; say how large with --sample")
        if sample is not None and (has_judge or is_estimate):
            raise ConfigError("--sample: asks no judge; leave --judge and --estimate out")
        if is_estimate and not has_judge:
            raise ConfigError("--estimate: says what judging would take; name a judge with --judge")
        if self.format is TableFormat.CSV and len(self.tables) != 1 and not is_check:
            raise ConfigError(f"--format csv: holds one table; choose one with --table: {', '.join(DIALOGUE_TABLES)}")

    def show(self) -> None:
        """Print it; a journal that is broken is named on stderr and left out, and the command then ends with 1.

        Raises:
            JournalError: there are no journals.
            AnalysisError: there is nothing to show, or somebody's labels cannot be used.
        """
        import numpy as np

        from govsim.analysis import render_tables
        from govsim.analysis.dialogue import dialogue_tables

        broken = BrokenJournals()
        tables = dialogue_tables(self.folder, np.random.default_rng(self.seed), labels=self.labels, broken=broken)
        shown = {name: table for name, table in tables.items() if not self.tables or name in self.tables}
        if not shown:
            raise AnalysisError(
                f"{self.folder}: there is nothing to show of {', '.join(self.tables) or 'its dialogues'}; let a judge "
                "read its runs with --judge MODEL"
            )
        say_table(render_tables(shown, self.format), self.format)
        broken.leave()


def settings_of_judges(model_args: Sequence[str], sets: Sequence[str]) -> Layer:
    """Keys of `models` that a command line sets for all judges.

    Raises:
        ConfigError: an option has not the form NAME=VALUE, or sets something else.
    """
    layers = merge(*set_layers(sets, (*MODEL_KEYS, *STUDY_KEYS)), args_layer(model_args))
    return dict(layers.get("models", {}))


def let_judge(wanted: DialogueSettings, findings: Findings, execution: Execution, *, is_estimate: bool) -> None:
    """Let judges read the journals of runs, and show what they found."""
    broken = BrokenJournals()
    plans = plan_dialogue(wanted, broken=broken)
    if not plans:
        raise ConfigError(
            f"{wanted.folder}: holds nothing to judge: in its runs nobody has said anything, or been asked anything"
        )
    if is_estimate:
        show_study_estimate(plans, execution)
        return broken.leave()
    results = carry_out_with_progress(plans, execution)
    say_how_it_ended(results, err=findings.format is not TableFormat.TEXT)
    exit_if_unfinished(results)
    say("", err=findings.format is not TableFormat.TEXT)
    return findings.show()


def check(judge: str, settings: Layer, findings: Findings, execution: Execution, *, is_estimate: bool) -> None:
    """Let a judge label utterances whose labels are known, and print where it is right and wrong."""
    import numpy as np

    from govsim.analysis import render
    from govsim.analysis.dialogue import check_table, read_check

    plans = [plan_check(judge, settings, findings.folder)]
    if is_estimate:
        return show_study_estimate(plans, execution)
    results = carry_out_with_progress(plans, execution)
    say_how_it_ended(results, err=findings.format is not TableFormat.TEXT)
    exit_if_unfinished(results)
    labels = read_check(plans[0].path)
    table = check_table(labels, judge, np.random.default_rng(findings.seed))
    return say_table(render(table, findings.format), findings.format)


def draw_sample(folder: Path, size: int, file: Path, seed: int) -> None:
    """Draw utterances for people to label, and say where they are.

    Raises:
        AnalysisError: nothing was said, or the file is there already.
    """
    import numpy as np

    from govsim.analysis.dialogue import annotation_sample, write_annotation_sheet

    broken = BrokenJournals()
    drawn = annotation_sample(folder, size, np.random.default_rng(seed), broken=broken)
    sheet, explained = write_annotation_sheet(drawn, file)
    say(f"{counted(len(drawn), 'utterance')} to label: {sheet}; what the labels mean: {explained}")
    say("Fill in the column label of a copy named after yourself, and read it back with --labels COPY.csv")
    broken.leave()
