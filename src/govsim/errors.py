"""The error tree.

Every message states the cause (``name = value``), the allowed values, and the next step.

- `GovSimError`: any error that the user can fix; the command line prints one line and exits with 2.
    - `OutOfFiles`: the limit of open files is reached; the command line exits with 1.
    - `ConfigError`: a given key, value, file or folder is invalid.
        - `PluginError`: an installed plug-in cannot be used.
    - `ScenarioError`: a scenario folder or prompt template is incomplete or refers to something unknown.
    - `ModelError`: a language model cannot be used or did not reply.
        - `ModelUnavailable`: missing model, key, package or weights; raised before any request is sent.
        - `ProviderError`: the provider failed, and retries did not or cannot help.
            - `ContextTooLong`: the prompt exceeds the model's context window.
    - `OverBudget`: a spending limit has been reached; the run can be resumed with a higher limit.
    - `Unparsable`: a reply could not be parsed; has the reason and the values that could be parsed.
    - `TooManyForfeits`: a run has more forfeited harvest decisions than allowed (or any, if none are allowed).
    - `JournalError`: a journal cannot be read, written or resumed.
        - `TruncatedJournal`: the last line of a journal is truncated.
        - `JournalMismatch`: a journal belongs to another experiment, or replaying it gave a different result.
    - `AnalysisError`: the data does not support the requested measure, table or figure.
"""

from __future__ import annotations

import errno
import sys
from typing import Any, ClassVar

from govsim.characters import shortened, visible

if sys.platform != "win32":
    import resource

_LONGEST = 2000


class GovSimError(Exception):
    """Any error that the user can fix: printed as one line, exit code 2.

    Line breaks are replaced by spaces, control characters are escaped, and a very long message is shortened.

    Attributes:
        exit_code: exit code of a command that raises it.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str) -> None:
        super().__init__(visible(shortened(" ".join(message.split()), _LONGEST)))


class OutOfFiles(GovSimError):
    """The limit of open files is reached; a higher limit or lower concurrency avoids it."""

    exit_code = 1

    def __init__(self) -> None:
        limit = ""
        if sys.platform != "win32":
            limit = f" (the limit is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,})"
        super().__init__(
            f"too many open files{limit}: raise the limit, as in ulimit -n 4096, or lower --parallel, and repeat the "
            "command"
        )

    def __reduce__(self) -> tuple[type[OutOfFiles], tuple[()]]:
        return OutOfFiles, ()


def out_of_files(error: BaseException | None) -> OutOfFiles | None:
    """Return the error to report if an error was caused by too many open files; None for any other error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            return OutOfFiles()
        error = error.__cause__ or error.__context__
    return None


def was_interrupted(error: BaseException | None) -> bool:
    """Whether an error is an interrupt (Ctrl-C), or was caused by one, as while a class is defined."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


class ConfigError(GovSimError):
    """A given key, value, file or folder is invalid."""


class PluginError(ConfigError):
    """An installed plug-in cannot be used."""


class ScenarioError(GovSimError):
    """A scenario folder or prompt template is incomplete or refers to something unknown."""


class ModelError(GovSimError):
    """A language model cannot be used or did not reply."""


class ModelUnavailable(ModelError):
    """Missing model, key, package or weights; raised before any request is sent."""


class ProviderError(ModelError):
    """The provider failed, and retries did not or cannot help."""


class ContextTooLong(ProviderError):
    """The prompt exceeds the model's context window."""


class OverBudget(GovSimError):
    """A spending limit has been reached; the run can be resumed with a higher limit."""


class Unparsable(GovSimError):
    """A reply could not be parsed.

    Attributes:
        reason: what is wrong with the reply, as a sentence the model can act on.
        partial: the values that could be parsed, by field tag; empty if none could.
    """

    def __init__(self, reason: str, partial: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.partial: dict[str, Any] = partial or {}


class TooManyForfeits(GovSimError):
    """A run has more forfeited harvest decisions than allowed (or any, if none are allowed)."""


class JournalError(GovSimError):
    """A journal cannot be read, written or resumed."""


class TruncatedJournal(JournalError):
    """The last line of a journal is truncated; the others can be read."""


class JournalMismatch(JournalError):
    """A journal belongs to another experiment, or replaying it gave a different result."""


class AnalysisError(GovSimError):
    """The data does not support the requested measure, table or figure."""
