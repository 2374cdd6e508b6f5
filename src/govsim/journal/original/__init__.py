"""Results of the original GovSim, the paper's own program, as journals."""

from govsim.journal.original.importing import LOG, ImportedRun, import_original

__all__ = ["LOG", "ImportedRun", "import_original"]
