from __future__ import annotations

from pathlib import Path

import pytest

from govsim.errors import ConfigError
from govsim.web.processes import Form, arguments_of

OUT = Path("runs")


def test_form_is_converted_to_command_arguments() -> None:
    form = Form(
        scenario="pasture",
        condition="newcomer",
        model="fake/society",
        agent="direct",
        members=4,
        months=15,
        runs=2,
        seed=7,
        max_cost=1.5,
        max_tokens=1000,
        price="0.1/0.2",
        settings="world.growth=3\n\n society.transparency=false ",
        model_args="catch=3",
    )
    assert arguments_of(form, OUT) == (
        "pasture",
        "--condition=newcomer",
        "--model=fake/society",
        "--agent=direct",
        "--months=15",
        "--runs=2",
        "--seed=7",
        "--max-cost=1.5",
        "--max-tokens=1000",
        "--price=fake/society=0.1/0.2",
        "--set=society.members=4",
        "--set=world.growth=3",
        "--set=society.transparency=false",
        "-Mcatch=3",
        "--out=runs",
    )


def test_empty_fields_are_omitted_from_the_command() -> None:
    assert arguments_of(Form(), OUT) == ("fishery", "--agent=generative", "--out=runs")
    assert "--seed=0" in arguments_of(Form(seed=0), OUT), "0 is a value"


def test_values_are_never_parsed_as_options() -> None:
    arguments = arguments_of(Form(model="--fresh", agent="-x", settings="--out=elsewhere"), OUT)
    assert arguments == ("fishery", "--model=--fresh", "--agent=-x", "--set=--out=elsewhere", "--out=runs")


@pytest.mark.parametrize(
    ("form", "match"),
    [
        (Form(scenario="../../elsewhere"), "scenario = "),
        (Form(scenario="--fresh"), "scenario = "),
        (Form(condition="/etc/passwd"), "condition = "),
        (Form(price="1/2"), "needs a model"),
        (Form(model="fake/a\0b"), r"fake/a\\u0000b: contains a control character"),
        (Form(settings="a=\ud800"), "contains a control character"),
    ],
)
def test_invalid_forms_are_rejected(form: Form, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        arguments_of(form, OUT)
