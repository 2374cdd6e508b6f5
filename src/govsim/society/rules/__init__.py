"""The built-in institutions, one file each.

All are imported here, so that the order in which they are registered does not depend on which is imported first.
"""

from govsim.society.rules import (  # noqa: F401
    choice,
    contract,
    exclusion,
    exit,  # noqa: A004
    leader,
    mediator,
    migration,
    permits,
    quota,
    reputation,
    sanctions,
    tax,
    vote,
)
