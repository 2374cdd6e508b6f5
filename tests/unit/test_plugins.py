"""Registries find built-in and plug-in extensions, and tolerate plug-ins that cannot be used."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Thread
from types import ModuleType, SimpleNamespace

import pytest

from govsim import plugins
from govsim.errors import ConfigError, PluginError
from govsim.plugins import PluginWarning, Registry, registries

BROKEN = {
    "missing": "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'",
    "nameless": "its name is None, but must be 'nameless'",
    "odd": "not a valid toy: it is not round",
    "quitting": "cannot be loaded: SystemExit: 3",
    "raising": "cannot be loaded: RuntimeError: no luck today",
}


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group="govsim.toys")


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Registry[SimpleNamespace]:
    module = ModuleType("toy_plugin")
    module.ball = SimpleNamespace(name="ball", is_round=True)  # type: ignore[attr-defined]
    module.nameless = SimpleNamespace(is_round=True)  # type: ignore[attr-defined]
    module.odd = SimpleNamespace(name="odd", is_round=False)  # type: ignore[attr-defined]

    def look_up(name: str) -> object:
        sys.stdout.write("looking up\n")
        raise SystemExit(3) if name == "quitting" else RuntimeError("no luck today")

    module.__getattr__ = look_up  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "toy_plugin", module)
    points = (
        entry("ball", "toy_plugin:ball"),
        entry("missing", "no_such_module:thing"),
        entry("nameless", "toy_plugin:nameless"),
        entry("odd", "toy_plugin:odd"),
        entry("quitting", "toy_plugin:quitting"),
        entry("raising", "toy_plugin:raising"),
    )
    monkeypatch.setattr(plugins, "installed", lambda group: points if group == "govsim.toys" else ())
    registry: Registry[SimpleNamespace] = Registry(
        "toy", group="toys", flaw=lambda toy: None if toy.is_round else "it is not round"
    )
    registry.register(SimpleNamespace(name="marble", is_round=True))
    return registry


def test_built_in_and_plug_in_extensions_are_found(toys: Registry[SimpleNamespace]) -> None:
    assert toys.names == ("marble", "ball", *sorted(BROKEN))
    assert toys.get("marble", key="toy").name == "marble"
    assert toys.get("ball", key="toy").name == "ball"
    found = toys.find("marble")
    assert found is not None
    assert found.origin == "govsim"


def test_an_unknown_name_is_rejected_with_the_nearest_one(toys: Registry[SimpleNamespace]) -> None:
    assert toys.find("bal") is None
    with pytest.raises(
        ConfigError, match=r"^box.toy = bal: there is no such toy; did you mean ball\?; choose from mar"
    ):
        toys.get("bal", key="box.toy")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plug_in_is_reported_in_one_line_on_use(toys: Registry[SimpleNamespace], name: str) -> None:
    for _ in range(2):
        with pytest.raises(PluginError, match=rf"^toy {name} of an unknown package \(.*\): {BROKEN[name]}"):
            toys.get(name, key="toy")


def test_a_broken_plug_in_does_not_affect_others(toys: Registry[SimpleNamespace]) -> None:
    with pytest.warns(PluginWarning) as warned:
        assert [found.name for found in toys] == ["marble", "ball"]
    assert len(warned) == len(BROKEN)
    assert all(str(one.message).endswith("; it is ignored") for one in warned)
    assert [problem.split()[1] for problem in toys.problems] == sorted(BROKEN)


def test_output_of_a_plug_in_while_loading_goes_to_stderr(
    toys: Registry[SimpleNamespace], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(toys.problems) == len(BROKEN)
    shown = capsys.readouterr()
    assert (shown.out, shown.err.splitlines()) == ("", ["looking up"] * 2)


def test_a_user_can_interrupt_the_loading_of_a_plug_in(
    toys: Registry[SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(name: str) -> object:
        raise KeyboardInterrupt("by hand")

    monkeypatch.setattr(sys.modules["toy_plugin"], "__getattr__", interrupted)
    with pytest.raises(KeyboardInterrupt, match="by hand"):
        toys.find("raising")


def test_a_plug_in_cannot_use_the_name_of_a_built_in_extension(
    toys: Registry[SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "installed", lambda group: (entry("marble", "toy_plugin:ball"),))
    with pytest.warns(PluginWarning, match=r"^toy marble of .*: the name is taken by a built-in toy; it is ignored$"):
        assert [found.origin for found in toys] == ["govsim"]


def test_two_plug_ins_of_one_name_are_rejected(
    toys: Registry[SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = (entry("ball", "toy_plugin:ball"), entry("ball", "other_plugin:ball"))
    monkeypatch.setattr(plugins, "installed", lambda group: both)
    with pytest.raises(PluginError, match=r"^toy ball of .* also defines this toy; remove one$"):
        toys.get("ball", key="toy")


@pytest.mark.parametrize("name", ["", "Ball", "a ball", "ball-", "b--b", "1ball", "a/b"])
def test_an_invalid_name_is_rejected(name: str) -> None:
    toys: Registry[SimpleNamespace] = Registry("toy", group="toys")
    with pytest.raises(PluginError, match=r"^toy '.*': not a valid name; must be lower-case letters"):
        toys.register(SimpleNamespace(name=name))


def test_govsim_cannot_register_a_name_twice(toys: Registry[SimpleNamespace]) -> None:
    with pytest.raises(PluginError, match=r"^toy marble: the name is already registered$"):
        toys.register(SimpleNamespace(name="marble", is_round=True))


def test_every_kind_of_extension_has_its_own_registry() -> None:
    found = registries()
    assert len({registry.group for registry in found}) == len({registry.kind for registry in found}) == len(found)
    for registry in found:
        assert [extension.name for extension in registry], f"govsim has no {registry.kind}"
        assert registry.problems == ()


def test_threads_wait_until_all_built_in_extensions_are_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_home").mkdir()
    (tmp_path / "toy_home" / "__init__.py").touch()
    (tmp_path / "toy_home" / "first.py").write_text("import toy_parts; toy_parts.first()")
    (tmp_path / "toy_home" / "second.py").write_text("import toy_parts; toy_parts.second()")
    monkeypatch.syspath_prepend(tmp_path)
    found: Registry[SimpleNamespace] = Registry("toy", group="toys", home="toy_home")
    seen: list[tuple[str, ...]] = []
    thread = Thread(target=lambda: seen.append(found.names))

    def first() -> None:
        found.register(SimpleNamespace(name="ball"))
        assert found.names == ("ball",)  # in the thread that loads them
        thread.start()

    def second() -> None:
        thread.join(0.5)
        found.register(SimpleNamespace(name="kite"))

    parts = ModuleType("toy_parts")
    parts.first, parts.second = first, second  # type: ignore[attr-defined]
    for name in ("toy_parts", "toy_home", "toy_home.first", "toy_home.second"):  # removed after the test
        monkeypatch.setitem(sys.modules, name, parts)
        if name != "toy_parts":
            monkeypatch.delitem(sys.modules, name)
    assert found.names == ("ball", "kite")
    thread.join()
    assert seen == [("ball", "kite")]
