"""What `govsim skills` shows of the tests that lie in a folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from govsim.cli.broken import BrokenJournals
from govsim.cli.formats import TableFormat
from govsim.cli.words import say, say_table
from govsim.errors import AnalysisError, ConfigError
from govsim.skills import SKILL_TESTS

if TYPE_CHECKING:
    from govsim.analysis import Sheet
    from govsim.analysis.skills import Correlations, SkillStudy

_DRAWN = ("png", "svg", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a reader wants to see.

    Attributes:
        out: the folder of the studies, at any depth.
        tests: which tests; all when empty.
        scenarios: which scenarios, by name or folder; all when empty.
        wrong: how many unsolved problems of each study and test are listed; None for accuracies.
        against: the folder of runs that the skills are set against; None for accuracies.
        condition: the condition of these runs.
        figure: where that is drawn to.
        format: what is written.
    """

    out: Path
    tests: Sequence[str]
    scenarios: Sequence[str]
    wrong: int | None
    against: Path | None
    condition: str | None
    figure: Path | None
    format: TableFormat

    def check(self, *, has_model: bool, is_estimate: bool) -> None:
        """Refuse what does not go together, before anybody is asked.

        Args:
            has_model: whether a model is to be tested.
            is_estimate: whether only an estimate is wanted.

        Raises:
            ConfigError: names the options.
        """
        for test in self.tests if has_model else ():  # what lies in the folder may come from a plug-in that is missing
            SKILL_TESTS.get(test, key="test")
        if is_estimate and not has_model:
            raise ConfigError("--estimate: says what testing a model would take; name one with --model")
        if self.wrong is not None and self.against is not None:
            raise ConfigError("--wrong and --against: show different things; give one of them")
        for option, value in (("--condition", self.condition), ("--figure", self.figure)):
            if value is not None and self.against is None:
                raise ConfigError(f"{option} {value}: is about the runs of --against DIR; name their folder")
        if self.figure is not None and self.figure.suffix.removeprefix(".") not in _DRAWN:
            raise ConfigError(f"--figure {self.figure}: must end in one of {', '.join(f'.{end}' for end in _DRAWN)}")

    def show(self, only: Collection[Path] | None = None) -> None:
        """Print it; a journal that is broken is named on stderr and left out, and the command then ends with 1.

        Args:
            only: the journals of the studies to show; all in the folder when None.

        Raises:
            AnalysisError: there are no studies, or too few models to set against their runs.
        """
        broken = BrokenJournals()
        if self.against is not None:
            self._show_against(self.against, broken)
        else:
            self._show_studies(self._studies(broken, only), broken)
        broken.leave()

    def _studies(self, broken: BrokenJournals, only: Collection[Path] | None) -> tuple[SkillStudy, ...]:
        from govsim.analysis.skills import read_skills
        from govsim.scenarios import load_scenario

        wanted = {load_scenario(reference).name for reference in self.scenarios}
        studies = read_skills(self.out, broken=broken, only=only) if only or self.out.exists() else ()
        found = tuple(study for study in studies if not wanted or study.scenario in wanted)
        given = {solution.purpose for study in found for solution in study.solutions}
        for test in set(self.tests) - given:
            SKILL_TESTS.get(test, key="test")
        if not found:
            raise AnalysisError(f"{self.out}: holds no tests of sub-skills; begin with: govsim skills --model MODEL")
        return found

    def _show_studies(self, studies: Sequence[SkillStudy], broken: BrokenJournals) -> None:
        from govsim.analysis.skills import accuracies_sheet, format_wrong, wrong_answers, wrong_sheet

        if self.wrong is None:
            self._say(accuracies_sheet(studies, self.tests, broken=broken.count))
            return
        wrong = wrong_answers(studies, self.wrong, self.tests)
        if self.format is TableFormat.TEXT:
            say(format_wrong(wrong))
        else:
            self._say(wrong_sheet(wrong))

    def _show_against(self, runs: Path, broken: BrokenJournals) -> None:
        from govsim.analysis.skills import correlations_sheet, skills_against

        found = skills_against(self.out, runs, condition=self.condition, broken=broken)
        self._say(correlations_sheet(found, broken=broken.count))
        if self.figure is not None:
            for path in _drawn(found, self.figure):
                say(str(path), err=self.format is not TableFormat.TEXT)

    def _say(self, sheet: Sheet) -> None:
        from govsim.analysis import render

        say_table(render(sheet, self.format), self.format)


def _drawn(found: Correlations, file: Path) -> list[Path]:
    from govsim.analysis.figures import FORMATS, write_figures
    from govsim.analysis.figures.skills import draw_correlations

    drawn = replace(draw_correlations(found), name=file.stem)
    ending = next(one for one in FORMATS if one == file.suffix.removeprefix("."))
    return write_figures([drawn], file.parent, ending)
