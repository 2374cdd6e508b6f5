"""A straw poll is implemented by one Python file and one template of a plug-in, without any reference in govsim."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

import govsim
from govsim.journal import read_journal

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "govsim"
PACKAGE = ROOT / "examples" / "plugin" / "src" / "govsim_example"
POLL = ("poll.jinja", "poll.py")

_A_POLL = re.compile(r"(?<![\w-])(?:poll|Poll|PollPhase)(?![\w-])|poll-and-levy|govsim[-_]example")


def code_of(tree: ast.Module) -> Iterator[str]:
    """Names and strings in code; docstrings are excluded, as they may use a poll as an example."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        for field in ("name", "id", "attr", "arg", "module"):
            if isinstance(name := getattr(node, field, None), str):
                yield name


def test_the_poll_consists_of_one_python_file_and_one_template() -> None:
    files = [path for path in PACKAGE.rglob("*") if "__pycache__" not in path.parts and path.is_file()]
    about = {path.name for path in files if path.suffix in (".py", ".jinja") and path.stem.startswith("poll")}
    assert tuple(sorted(about)) == POLL
    assert "govsim_example" not in (PACKAGE / "poll.py").read_text(encoding="utf-8"), "it needs no other file"


def test_these_two_files_are_a_complete_plug_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plug_in: Callable[..., None]
) -> None:
    package = tmp_path / "package_of_two_files"
    package.mkdir()
    for name in POLL:
        shutil.copy(PACKAGE / name, package)
    monkeypatch.syspath_prepend(tmp_path)
    module = import_module("package_of_two_files.poll")
    plug_in("phases", "poll", module.PollPhase)
    plug_in("events", "poll", module.Poll)
    phases = ["harvest", {"poll": {"every": 2}}, {"poll": {"as": "second-poll"}}]
    lived = govsim.run(
        "fishery", model="fake/society", months=2, settings={"society.phases": phases}, out=tmp_path / "runs"
    )
    polls = list(read_journal(lived.results[0].path).of(module.Poll))
    assert [(poll.month, poll.phase) for poll in polls] == [(1, "poll"), (1, "second-poll"), (2, "second-poll")]
    assert all(len(poll.proposals) + len(poll.abstained) == 5 for poll in polls)


POLLING = SOURCE / "web" / "processes.py"
"""It calls the method `poll` of a process."""


def test_no_code_of_govsim_names_a_poll() -> None:
    files = sorted({*SOURCE.rglob("*.py")} - {POLLING})
    assert len(files) > 50
    names = ((path, text) for path in files for text in code_of(ast.parse(path.read_text(encoding="utf-8"))))
    assert [f"{path}: {text}" for path, text in names if _A_POLL.search(text)] == []


def test_no_template_or_condition_of_govsim_names_a_poll() -> None:
    files = [path for path in SOURCE.rglob("*") if path.suffix == ".jinja" or path.parent.name == "conditions"]
    assert len(files) > 50
    assert [path.name for path in files if _A_POLL.search(f"{path.stem} {path.read_text(encoding='utf-8')}")] == []


def test_a_name_in_code_is_detected() -> None:
    tree = ast.parse('"""A poll."""\nif phase == "poll":\n    run(PollPhase, most_polls)\n')
    assert [text for text in code_of(tree) if _A_POLL.search(text)] == ["poll", "PollPhase"]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_example_imports_only_what_is_public(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [flaw for node in ast.walk(tree) for flaw in private_imports(node)] == []


def private_imports(node: ast.AST) -> Iterator[str]:
    """Imports from a private module of govsim, or of a name that its package does not list."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.startswith("govsim."))
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "govsim":
        module = import_module(node.module or "")
        is_inside = not hasattr(module, "__path__") and module.__name__.count(".") > 1
        public = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
        yield from (f"{node.module}.{one.name}" for one in node.names if is_inside or one.name not in public)


@pytest.mark.parametrize(
    "line", ["from govsim.models.fields import NumberField", "from govsim.society import _x", "import govsim.society"]
)
def test_a_private_import_is_detected(line: str) -> None:
    assert [flaw for node in ast.walk(ast.parse(line)) for flaw in private_imports(node)] != []
