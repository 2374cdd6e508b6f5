"""Packages import their names on first access."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import govsim
from govsim import analysis
from govsim.lazy import homes_of, lazy_names


def test_a_name_is_that_of_the_module_that_has_it() -> None:
    from govsim.analysis.intervals import mean_interval

    attribute, _ = lazy_names("govsim.analysis")
    assert attribute("mean_interval") is analysis.mean_interval is mean_interval
    assert vars(analysis)["mean_interval"] is mean_interval, "it is imported once"


def test_a_name_that_is_not_listed_does_not_exist() -> None:
    attribute, _ = lazy_names("govsim.analysis")
    for name in ("weather", "__wrapped__"):
        with pytest.raises(AttributeError, match=rf"^module 'govsim\.analysis' has no attribute '{name}'$"):
            attribute(name)


def test_notebooks_suggest_the_public_names_and_no_others() -> None:
    assert dir(govsim) == sorted(govsim.__all__)


def test_modules_of_a_package_are_imported_on_first_access() -> None:
    code = "import govsim\ngovsim.errors.GovSimError, govsim.game.best_reply, govsim.analysis.trajectories"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_only_names_imported_under_a_condition_are_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "package.py"
    text = "import os\nfrom json import dumps\nif TYPE:\n    from math import pi, tau\n    import re\n"
    file.write_text(text, encoding="utf-8")
    package = ModuleType("package")
    package.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "package", package)
    assert homes_of("package") == {"pi": "math", "tau": "math"}


def test_a_slow_library_is_loaded_when_the_first_of_its_names_is_accessed() -> None:
    code = (
        "import sys\nfrom govsim.lazy import pandas as pd\nassert 'pandas' not in sys.modules\n"
        "frame = pd.DataFrame({'a': [1]})\nimport pandas\nassert type(frame) is pandas.DataFrame"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
