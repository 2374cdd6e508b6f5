"""Results of contamination probes: whether models recognize the experiment of the paper."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.probes.reading import ProbeStudy
    from govsim.analysis.probes.reskinned import reskinned_table
    from govsim.analysis.probes.tables import probes_table
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = ["ProbeStudy", "probes_table", "reskinned_table"]
