"""The paper's scenarios as tasks in a file, for registers that list tasks by their files.

With govsim installed, `inspect eval govsim/fishery` needs no file.
"""

from typing import Any

from inspect_ai import Task, task

from govsim.inspect import TASKS


@task
def fishery(**parameters: Any) -> Task:
    """Fishers share the fish of a lake."""
    return TASKS["fishery"](**parameters)


@task
def pasture(**parameters: Any) -> Task:
    """Shepherds share the grass of a pasture."""
    return TASKS["pasture"](**parameters)


@task
def pollution(**parameters: Any) -> Task:
    """Factory owners share the clean water of a river."""
    return TASKS["pollution"](**parameters)
