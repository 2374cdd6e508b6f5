"""Layers of the package: allowed imports, public names, and maximum lengths of files and functions."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from govsim.lazy import homes_of

SOURCE = Path(__file__).resolve().parents[2] / "src" / "govsim"

FLOORS = (
    ("characters", "lazy", "redaction"),
    ("errors",),
    ("plugins",),
    ("calendar", "concurrency", "spans"),
    ("config",),
    ("commons",),
    ("game",),
    ("skills",),
    ("scenarios",),
    ("journal",),
    ("models",),
    ("agents",),
    ("society",),
    ("tournament",),
    ("jobs",),
    ("environments",),
    ("studies",),
    ("analysis",),
    ("inventory", "testing"),
    ("web",),
    ("library",),
    ("inspect",),
    ("cli",),
    ("__main__",),
)
"""From the lowest layer: a room (a module or package) may import from itself and from earlier layers."""

FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

READING = ("analysis", "web")
"""Rooms that know a run only from its journal."""

PRODUCING = {"society", "agents", "jobs", "studies", "models", "testing", "tournament", "environments"}

FAKE = "govsim.models.fake"

ALLOWED_TO_FAKE = {"govsim.errors", "govsim.models.fields", "govsim.models.structured"}

LONGEST_FILE, LONGEST_FUNCTION = 450, 50


Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


def room_of(file: str) -> str:
    return file.split("/", maxsplit=1)[0].removesuffix(".py")


@cache
def text_of(file: str) -> str:
    return (SOURCE / file).read_text(encoding="utf-8")


@cache
def tree_of(file: str) -> ast.Module:
    return ast.parse(text_of(file))


def imports_of(file: str) -> Iterator[str]:
    """Every module of govsim that a file imports anywhere."""
    package = ["govsim", *file.split("/")[:-1]]
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "govsim")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "govsim":
                yield from (f"govsim.{alias.name}" for alias in node.names)
            elif module.startswith("govsim."):
                yield module


def rooms_used_by(file: str) -> set[str]:
    return {module.split(".")[1] if "." in module else "govsim" for module in imports_of(file)} - {room_of(file)}


def functions_of(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length_of(function: Function) -> int:
    """Number of lines of a function from its `def`, without its docstring."""
    assert function.end_lineno is not None
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    documented = 0 if docstring is None else (docstring.end_lineno or 0) - docstring.lineno + 1
    return function.end_lineno - function.lineno + 1 - documented


def public_parts_of(node: ast.Module | ast.ClassDef, path: str = "") -> Iterator[tuple[str, Documented]]:
    """Public functions and classes, and the public methods of those classes."""
    for part in node.body:
        if isinstance(part, Documented) and not part.name.startswith("_"):
            name = f"{path}.{part.name}" if path else part.name
            yield name, part
            if isinstance(part, ast.ClassDef):
                yield from public_parts_of(part, name)


def in_order(name: str) -> tuple[int, str]:
    """Sort key: CONSTANTS before Classes before functions, each in alphabetical order."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)


def public_types_of(tree: ast.Module) -> Iterator[str]:
    """Yield the names of public classes and of aliases of types, which are capitalised words."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
        elif isinstance(node, ast.Assign):
            names = (target.id for target in node.targets if isinstance(target, ast.Name))
            yield from (name for name in names if re.match(r"[A-Z][a-z]", name))


def test_every_package_has_a_layer() -> None:
    assert {room_of(file) for file in FILES} <= {*FLOOR, "__init__"}
    assert len(FILES) > 50


def test_packages_import_only_lower_layers() -> None:
    layered = [file for file in FILES if room_of(file) in FLOOR]
    wrong = [
        f"{file} imports from {room}"
        for file in layered
        for room in sorted(rooms_used_by(file))
        if FLOOR.get(room, len(FLOORS)) >= FLOOR[room_of(file)]
    ]
    assert not wrong


def test_the_fake_model_imports_only_reply_formats() -> None:
    fakes = [file for file in FILES if file.startswith("models/fake/")]
    used = {module for file in fakes for module in imports_of(file) if not module.startswith(FAKE)}
    assert used == ALLOWED_TO_FAKE


def test_readers_of_journals_do_not_import_their_writers() -> None:
    readers = [file for file in FILES if room_of(file) in READING]
    assert {file: wrong for file in readers if (wrong := rooms_used_by(file) & PRODUCING)} == {}


def test_imports_are_found_anywhere_in_a_file() -> None:
    assert {"config", "jobs", "characters"} <= rooms_used_by("library/running.py"), "at the top of a module"
    assert "web" in rooms_used_by("cli/view.py"), "inside functions"
    assert "library" in rooms_used_by("__init__.py"), "for type checkers only"


def test_only_the_command_line_prints() -> None:
    calls = ((file, node) for file in FILES for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call))
    printing = [f"{file}:{call.lineno}" for file, call in calls if getattr(call.func, "id", None) == "print"]
    assert not printing


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("__init__.py")])
def test_public_names_are_sorted_and_exist(file: str) -> None:
    module = import_module(".".join(["govsim", *file.split("/")[:-1]]))
    names = list(getattr(module, "__all__", []))
    assert names == sorted(names, key=in_order)
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(module, name)] == []


def test_every_public_name_has_a_docstring() -> None:
    parts = ((file, *part) for file in FILES for part in public_parts_of(tree_of(file)))
    silent = [f"{file}:{name}" for file, name, part in parts if not ast.get_docstring(part)]
    assert not silent
    assert [file for file in FILES if tree_of(file).body and not ast.get_docstring(tree_of(file))] == []


def test_names_of_public_types_are_unique() -> None:
    names = (name for file in FILES if file != "cli/options.py" for name in public_types_of(tree_of(file)))
    assert {name for name, count in Counter(names).items() if count > 1} == set()


def test_files_do_not_exceed_the_maximum_length() -> None:
    assert [file for file in FILES if len(text_of(file).splitlines()) > LONGEST_FILE] == []


def test_functions_do_not_exceed_the_maximum_length() -> None:
    functions = ((file, one) for file in FILES for one in functions_of(tree_of(file)))
    assert [f"{file}:{one.name}" for file, one in functions if length_of(one) > LONGEST_FUNCTION] == []


def test_no_file_contains_a_path_of_one_machine() -> None:
    assert [file for file in FILES if re.search(r"[\"']/(home|root|Users|mnt|tmp)/", text_of(file))] == []


LAZY = [file for file in FILES if file.endswith("__init__.py") and "lazy_names(" in text_of(file)]


@pytest.mark.parametrize("file", LAZY)
def test_no_name_of_a_lazy_package_is_that_of_one_of_its_modules(file: str) -> None:
    package = ".".join(["govsim", *file.split("/")[:-1]])
    modules = {path.stem for path in (SOURCE / file).parent.iterdir()}
    import_module(package)
    assert not modules & set(homes_of(package)), "the module would replace the name"
    assert set(homes_of(package)) == set(import_module(package).__all__)
