"""The error tree.

Every message says what is wrong (``name = value``), what is allowed, and what to do.

- `GovSimError`: anything a user can mend; the command line prints one line and exits with 2.
    - `OutOfFiles`: this process may have no more files open; the command line exits with 1.
    - `ConfigError`: a key, value, file or folder that was given cannot be used.
        - `PluginError`: an installed plug-in cannot be used.
    - `ScenarioError`: a scenario folder or prompt template is incomplete or names something unknown.
    - `ModelError`: a language model cannot be used or did not answer.
        - `ModelUnavailable`: no such model, no key, no package or no weights; known before anything is asked.
        - `ProviderError`: the provider failed, and retrying did not help or cannot help.
        - `ContextTooLong`: the prompt does not fit into the model's context.
    - `OverBudget`: a limit of what may be spent has been reached; a higher one lets the run go on.
    - `Unparsable`: one reply could not be read; it carries the reason and what could be read.
    - `TooManyForfeits`: a run had more unreadable harvest decisions than it allows, be it a single one.
    - `JournalError`: a journal cannot be read, written or continued.
        - `JournalMismatch`: a journal belongs to another experiment, or re-living it gave something else.
    - `AnalysisError`: a measure, table or figure was asked of data that cannot give it.
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
    """Anything a user can mend: printed as one line, exit code 2.

    Line breaks in what it quotes are taken out, control characters written out, and a very long message is cut.

    Attributes:
        exit_code: what a command ends with that raises it.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str) -> None:
        super().__init__(visible(shortened(" ".join(message.split()), _LONGEST)))


class OutOfFiles(GovSimError):
    """This process may have no more files open; a higher limit, or less at once, lets it go on."""

    exit_code = 1

    def __init__(self) -> None:
        limit = ""
        if sys.platform != "win32":
            limit = f" (the limit is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,})"
        super().__init__(
            f"too many open files{limit}: raise the limit, as in ulimit -n 4096, or lower --parallel, and give the "
            "same command again"
        )


def out_of_files(error: BaseException | None) -> OutOfFiles | None:
    """What to say about an error that was caused by too many open files; None for any other error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            return OutOfFiles()
        error = error.__cause__ or error.__context__
    return None


class ConfigError(GovSimError):
    """A key, value, file or folder that was given cannot be used."""


class PluginError(ConfigError):
    """An installed plug-in cannot be used."""


class ScenarioError(GovSimError):
    """A scenario folder or prompt template is incomplete or names something unknown."""


class ModelError(GovSimError):
    """A language model cannot be used or did not answer."""


class ModelUnavailable(ModelError):
    """No such model, no key, no package or no weights; known before anything is asked."""


class ProviderError(ModelError):
    """The provider failed, and retrying did not help or cannot help."""


class ContextTooLong(ProviderError):
    """The prompt does not fit into the model's context."""


class OverBudget(GovSimError):
    """A limit of what may be spent has been reached; a higher one lets the run go on."""


class Unparsable(GovSimError):
    """One reply could not be read.

    Attributes:
        reason: what is wrong with the reply, as a sentence the model can act on.
        partial: the values that could be read, by field tag; empty when none could.
    """

    def __init__(self, reason: str, partial: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.partial: dict[str, Any] = partial or {}


class TooManyForfeits(GovSimError):
    """A run had more unreadable harvest decisions than it allows, be it a single one."""


class JournalError(GovSimError):
    """A journal cannot be read, written or continued."""


class TornJournal(JournalError):
    """The last line of a journal was never finished; the others can be read."""


class JournalMismatch(JournalError):
    """A journal belongs to another experiment, or re-living it gave something else."""


class AnalysisError(GovSimError):
    """A measure, table or figure was asked of data that cannot give it."""
