"""The entry of a register of Inspect tasks is valid for the register of Inspect Evals, according to its own code."""

from __future__ import annotations

import ast
import importlib.util
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from govsim.config.yaml import parse
from tests.packaging.pins import ROOT
from tests.release.distributions import output_of

REGISTER = "inspect-evals==0.28.0"

ENTRY = ROOT / "examples" / "inspect" / "eval.yaml"

SOURCE = {"repository_url": "https://github.com/lab/govsim", "repository_commit": "0" * 40, "maintainers": ["lab"]}


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel of Inspect Evals, without its dependencies."""
    folder = tmp_path_factory.mktemp("register")
    output_of([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", REGISTER], folder=folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"register_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore:`__get_validators__` is deprecated")
def test_a_completed_entry_is_accepted_without_a_warning(register: Path, caplog: pytest.LogCaptureFixture) -> None:
    entry = parse(ENTRY.read_text(encoding="utf-8"))
    schema = loaded(register / "inspect_evals" / "metadata.py").ExternalEvalMetadata
    accepted = schema.model_validate({**entry, "id": "govsim", "source": SOURCE, "contributors": ["lab"]})
    assert accepted.full_title == entry["full_title"]
    assert not caplog.records
    with pytest.raises(ValueError, match="source"):
        schema.model_validate({**entry, "id": "govsim"})


def test_each_task_is_found_by_the_line_that_a_submission_names(register: Path) -> None:
    resolver = loaded(register / "register_tooling" / "task_resolver.py")
    path = ROOT / "examples" / "inspect" / "tasks.py"
    source = path.read_text(encoding="utf-8")
    lines = {node.name: node.lineno for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    found = {name: resolver.resolve_task(source, line_anchor=line).name for name, line in lines.items()}
    assert found == {name: name for name in ("fishery", "pasture", "pollution")}
