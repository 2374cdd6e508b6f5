"""Reads the text that Python functions compose from strings, without running them, as Jinja templates.

The functions of the original add constant strings, f-strings and the results of other such functions to a text. Their
fields become template variables: by the names of parameters, of keys, or of attributes. What cannot be converted is
recorded with its file and function, and omitted from the text.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_OTHERS = 'others | replace(" and ", ", ")'
_NAMES = 'names | replace(" and ", ", and ")'


class Unmapped(Exception):
    """An expression has no counterpart in a template."""


@dataclass(frozen=True, slots=True)
class Variable:
    """The value of a template's expression.

    Attributes:
        expression: the expression in Jinja.
        item: for a list, the name of one element.
    """

    expression: str
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a template."""

    source: str


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the society, with the variable of its name."""

    name: Variable


SourceValue = Text | Variable | Person | int | bool | list[object]
Bindings = Mapping[str, "SourceValue"]

PARTS: Mapping[str, Sequence[str]] = {
    "memory": ("memory[:10]", "memory[12:]"),
    "line": ('line.partition(": ")[0]', 'line.partition(": ")[2]'),
}
"""The date and the text of a memory, and the speaker and the text of an utterance."""

MEMBER = Person(Variable("name"))

NAMES: Bindings = {
    **dict.fromkeys(("identity", "persona", "init_persona", "agent_name", "agent_id_to_name"), MEMBER),
    **dict.fromkeys(("memories", "init_retrieved_memory", "statements"), Variable("memories", "memory")),
    **dict.fromkeys(("conversation", "current_conversation"), Variable("lines", "line")),
    "target_personas": Variable(_NAMES),
    "current_location": Variable("place"),
    "current_time": Variable("date"),
    "sustainability_threshold": Variable("threshold"),
    "resource_in_pool": Variable("stock"),
    "wanted_resource": Variable("asked"),
    "last_collected_resource": Variable("received"),
    "resource_limit": Variable("limit"),
    "description": Variable("memory"),
    **dict.fromkeys(("context", "current_context"), Text("")),
}
"""The template variable of each parameter, key and attribute of the original that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the original.

    Attributes:
        file: its file.
        node: its definition.
    """

    file: Path
    node: ast.FunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPart:
    """A part of a prompt, added by one statement.

    Attributes:
        text: the template.
        function: the function whose result it is; empty otherwise.
    """

    text: str
    function: str = ""


@dataclass(kw_only=True)
class Module:
    """All functions and constants that the texts of a scenario are composed from.

    Attributes:
        functions: functions by name; methods too.
        constants: values of module-level names.
        omitted: names of functions whose text has a template of its own, so that it is not part of other prompts.
        unmapped: what could not be converted, with file and function.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    constants: dict[str, SourceValue] = field(default_factory=dict)
    omitted: set[str] = field(default_factory=set)
    unmapped: list[str] = field(default_factory=list)

    def add(self, file: Path, tree: ast.Module) -> None:
        """Add the functions, methods and constants of a file; the first definition of a name is kept."""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                self.functions.setdefault(node.name, Function(file=file, node=node))
        if not self.functions:
            return
        anywhere = next(iter(self.functions.values()))
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                try:
                    value = Scope(self, anywhere, {}).value(statement.value)
                except Unmapped:
                    continue
                self.constants.setdefault(statement.targets[0].id, value)

    def prompt(self, name: str, bindings: Bindings) -> list[PromptPart]:
        """Return the pieces that a function adds to the message of the user."""
        function = self.functions[name]
        scope = Scope(self, function, bindings)
        blocks = [node for node in function.node.body if isinstance(node, ast.With)]
        messages = [node for node in blocks if _called(node.items[0].context_expr) == "user"]
        if messages:
            scope.run(_before(function.node, messages[0]))
            scope.pieces.clear()
        for message in messages:
            scope.run(message.body)
        return scope.pieces

    def returned(self, name: str, arguments: Bindings) -> SourceValue:
        """Return the text that a function returns."""
        scope = Scope(self, self.functions[name], arguments)
        found = scope.run(self.functions[name].node.body)
        if found is None:
            raise Unmapped(f"{name} returns no text")
        return found

    def value(self, function: Function, node: ast.expr, bindings: Bindings) -> SourceValue:
        """Return the value of one expression in a function."""
        return Scope(self, function, bindings).value(node)

    def report(self, function: Function, line: int, why: str) -> None:
        """Record what could not be converted."""
        text = f"{function.file}, line {line}, {function.node.name}: {why}"
        if text not in self.unmapped:
            self.unmapped.append(text)


@dataclass
class Scope:
    """The names of a function while its statements are followed.

    Attributes:
        module: everything that the function can call.
        function: the function.
        names: the values of its parameters and variables.
        pieces: what its statements added to a prompt.
    """

    module: Module
    function: Function
    names: Mapping[str, SourceValue]
    pieces: list[PromptPart] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = dict(self.names)

    def run(self, statements: Sequence[ast.stmt]) -> SourceValue | None:
        """Follow statements; return the value of the first `return`, or None."""
        for statement in statements:
            try:
                found = self._run(statement)
            except Unmapped as error:
                self.module.report(self.function, statement.lineno, str(error))
                continue
            if found is not None:
                return found
        return None

    def _run(self, statement: ast.stmt) -> SourceValue | None:
        match statement:
            case ast.Return(value=ast.expr() as value):
                return self.value(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._assign(name, value)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                self._append(name, value)
            case ast.If():
                return self._branch(statement)
            case ast.For():
                self._repeat(statement)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="remove"))):
                self._set(name, Variable(_OTHERS))
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case _:
                raise Unmapped(f"{_shown(statement)} is not a part of a text")
        return None

    def _set(self, name: str, value: SourceValue) -> None:
        self.names = {**self.names, name: value}

    def _assign(self, name: str, value: ast.expr) -> None:
        try:
            self._set(name, self.value(value))
        except Unmapped:  # reported where it becomes part of a text
            self.names = {known: one for known, one in self.names.items() if known != name}

    def _append(self, name: str, value: ast.expr) -> None:
        text = source_of(self.value(value))
        if isinstance(before := self.names.get(name), Text):
            self._set(name, Text(before.source + text))
        else:
            self.pieces.append(PromptPart(text=text, function=_called(value)))

    def _branch(self, statement: ast.If) -> SourceValue | None:
        """Follow the branch whose condition holds; where that is unknown, the one that a plain run takes."""
        match statement.test:
            case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[ast.Constant(value="")]):
                self._optional(left, statement.body)
                return None
        try:
            return self.run(statement.body if self._holds(statement.test) else statement.orelse)
        except Unmapped:
            pass
        if statement.orelse and all(isinstance(one, ast.Raise) for one in statement.orelse):
            return self.run(statement.body)
        self.module.report(self.function, statement.lineno, f"the case {_shown(statement.test)} is omitted")
        return self.run(statement.orelse)

    def _holds(self, test: ast.expr) -> bool:
        match test:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                values = self.value(left), self.value(right)
                if any(isinstance(value, Variable | Person) for value in values):
                    raise Unmapped(f"{_shown(test)} depends on the run")
                return values[0] == values[1]
        found = self.value(test)
        if not isinstance(found, bool):
            raise Unmapped(f"{_shown(test)} depends on the run")
        return found

    def _optional(self, condition: ast.expr, body: Sequence[ast.stmt]) -> None:
        """Convert a part that is present only if a text is not empty."""
        found = self.value(condition)
        if not isinstance(found, Variable):
            raise Unmapped(f"the case {_shown(condition)} is omitted")
        self._wrapped(body, f"{{%+ if {found.expression} +%}}", "{%+ endif +%}")

    def _repeat(self, loop: ast.For) -> None:
        """Convert a loop over memories or utterances."""
        target, sequence = loop.target, loop.iter
        number: str | None = None
        if _called(sequence) == "enumerate" and isinstance(sequence, ast.Call) and isinstance(target, ast.Tuple):
            number, target, sequence = _shown(target.elts[0]), target.elts[1], sequence.args[0]
        found = self.value(sequence)
        if not isinstance(found, Variable) or found.item is None:
            raise Unmapped(f"a loop over {_shown(sequence)}")
        if isinstance(target, ast.Tuple):
            for element, part in zip(target.elts, PARTS[found.item], strict=False):
                self._set(_shown(element), Variable(part))
        else:
            self._set(_shown(target), Variable(found.item, found.item))
        if number is not None:
            self._set(number, Variable("loop.index0"))
        self._wrapped(loop.body, f"{{%+ for {found.item} in {found.expression} +%}}", "{%+ endfor +%}")

    def _wrapped(self, body: Sequence[ast.stmt], start: str, end: str) -> None:
        """Follow statements, and put what they add to each text between two tags."""
        before = {name: value.source for name, value in self.names.items() if isinstance(value, Text)}
        self.run(body)
        for name, text in before.items():
            after = self.names.get(name)
            if isinstance(after, Text) and after.source != text:
                self._set(name, Text(f"{text}{start}{after.source.removeprefix(text)}{end}"))

    def value(self, node: ast.expr) -> SourceValue:
        """Return the value of an expression.

        Raises:
            Unmapped: it has no counterpart in a template.
        """
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.BinOp() | ast.List():
                return self._literal(node)
            case ast.Name(id=name) | ast.ListComp(generators=[ast.comprehension(iter=ast.Name(id=name))]):
                return self._named(name)
            case ast.Attribute(value=owner, attr=name):
                return self._attribute(owner, name)
            case ast.Subscript():
                return self._element(node)
            case ast.Call():
                return self._result(node)
        raise Unmapped(f"{_shown(node)} has no template variable")

    def _literal(self, node: ast.expr) -> SourceValue:
        match node:
            case ast.Constant(value=str() as text):
                return Text(template_literal(text))
            case ast.Constant(value=bool() | int() as number):
                return number
            case ast.JoinedStr(values=parts):
                return Text("".join(self._field(part) for part in parts))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._sum(self.value(left), self.value(right))
            case ast.List(elts=elements):
                return [self.value(element) for element in elements]
        raise Unmapped(f"{_shown(node)} is not a text")

    def _field(self, part: ast.expr) -> str:
        if isinstance(part, ast.FormattedValue):
            if part.format_spec is not None:
                raise Unmapped(f"{_shown(part.value)} has a format")
            return source_of(self.value(part.value))
        return source_of(self.value(part))

    def _sum(self, left: SourceValue, right: SourceValue) -> SourceValue:
        if isinstance(left, Variable) and isinstance(right, int):
            return Variable(f"{left.expression} + {right}")
        return Text(source_of(left) + source_of(right))

    def _named(self, name: str) -> SourceValue:
        for values in (self.names, NAMES, self.module.constants):
            if name in values:
                return values[name]
        raise Unmapped(f"{name} has no template variable")

    def _attribute(self, owner: ast.expr, name: str) -> SourceValue:
        if name == "description":
            return NAMES[name]
        match owner, name:
            case ast.Name(id="self"), "agent_id_to_name":
                return self._named(name)
            case ast.Attribute(attr="identity"), "name":
                return self._named("identity_name")
        person = self.value(owner)
        if isinstance(person, Person) and name in ("name", "goals"):
            return person.name if name == "name" else Variable("persona")
        raise Unmapped(f"{_shown(owner)}.{name} has no template variable")

    def _element(self, node: ast.Subscript) -> SourceValue:
        """Return an element: of the state by its key, of the offered range, or of a memory or utterance."""
        match node.value, node.slice:
            case ast.Attribute(attr="internal_global_state"), ast.Constant(value=str() as key):
                return self._named(key)
            case ast.Name(id="interval"), index:
                return 0 if _shown(index) == "0" else Variable("stock")
        found = self.value(node.value)
        if isinstance(found, Variable) and found.item == found.expression and isinstance(node.slice, ast.Constant):
            parts = PARTS[found.expression]
            if node.slice.value in range(len(parts)):
                return Variable(parts[int(str(node.slice.value))])
        if isinstance(found, Variable | Person):  # the entry of the member
            return found.name if isinstance(found, Person) else found
        raise Unmapped(f"{_shown(node)} has no template variable")

    def _result(self, call: ast.Call) -> SourceValue:
        name = _called(call)
        match call.func:
            case ast.Attribute(value=owner, attr="strftime" | "deepcopy" as method):
                return self.value(owner if method == "strftime" else call.args[0])
            case ast.Attribute(value=ast.Constant(value=", "), attr="join"):
                return self.value(call.args[0])
        if name in self.module.omitted:
            return Text("")
        if name == "list_to_comma_string":
            return self.value(call.args[0])
        if name not in self.module.functions or name == self.function.node.name:
            raise Unmapped(f"{_shown(call)} has no template variable")
        parameters = [one.arg for one in self.module.functions[name].node.args.args if one.arg != "self"]
        given = dict(zip(parameters, (self.value(one) for one in call.args), strict=False))
        return self.module.returned(name, given)


def source_of(value: SourceValue) -> str:
    """Return the template of a value."""
    match value:
        case Text(source=source):
            return source
        case Variable(expression=expression):
            return f"{{{{ {expression} }}}}"
        case int():
            return str(value)
    raise Unmapped("a part is not a text")


def template_literal(text: str) -> str:
    """Return the template of a constant text."""
    return text.replace("{", '{{ "{" }}')


def _called(node: ast.expr) -> str:
    """Return the name of the function that an expression calls; empty if it is no such call."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _before(function: ast.FunctionDef, node: ast.With) -> list[ast.stmt]:
    """Return the assignments and branches of a function before its prompt."""
    kept = (ast.If, ast.Assign)
    return [one for one in function.body if one.lineno < node.lineno and isinstance(one, kept)]


def _shown(node: ast.AST) -> str:
    """Return code on one short line."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
