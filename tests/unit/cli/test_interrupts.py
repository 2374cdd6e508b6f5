"""An interrupt (Ctrl-C) is one line and exit code 130, even where Python reports it as another error."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from typing import NoReturn

import pytest

from govsim import __main__ as program
from govsim.cli import main as command_line


def interrupted_in_a_class() -> NoReturn:
    """Raise what Python raises if `__set_name__` is interrupted."""
    raise RuntimeError("Error calling __set_name__ on 'cached_property' instance") from KeyboardInterrupt()


class Interrupting:
    """A finder of modules that is interrupted when the command line is imported."""

    def __init__(self, error: type[Exception] | None = None) -> None:
        self._error = error

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != "govsim.cli.main":
            return None
        if self._error is not None:
            raise self._error("a defect")
        interrupted_in_a_class()


def test_an_interrupt_while_libraries_are_imported_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "govsim.cli.main")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit, match=r"^130$"):
        program.main()
    assert capsys.readouterr() == ("", "govsim: interrupted\n")


def test_other_errors_while_libraries_are_imported_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "govsim.cli.main")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(ValueError), *sys.meta_path])
    with pytest.raises(ValueError, match="a defect"):
        program.main()


def test_an_interrupt_that_another_error_hides_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "app", lambda **_: interrupted_in_a_class())
    with pytest.raises(SystemExit, match=r"^130$"):
        command_line.main()
    assert capsys.readouterr() == ("", "govsim: interrupted\n")


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(**_: object) -> NoReturn:
        raise ValueError("a defect")

    monkeypatch.setattr(command_line, "app", fail)
    with pytest.raises(SystemExit, match=r"^1$"):
        command_line.main()
    assert "Traceback" in (text := capsys.readouterr().err)
    assert text.rstrip().endswith("ValueError: a defect")
