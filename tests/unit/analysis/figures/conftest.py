"""Writers of judgements and of sub-skill tests, which figures show beside runs."""

from tests.unit.analysis.dialogue.conftest import write_study as write_judgement  # noqa: F401
from tests.unit.analysis.skills.conftest import write_study as write_tests  # noqa: F401
