"""The paper's tables with runs of ours beside its printed figures."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.paper.beside import beside_paper
    from govsim.analysis.paper.tables import TABLES, Block, PaperTable, paper_table
else:
    __getattr__ = lazy_names(__name__)

__all__ = ["TABLES", "Block", "PaperTable", "beside_paper", "paper_table"]
