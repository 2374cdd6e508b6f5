"""A report on all runs below a folder: one page that needs nothing else."""

from govsim.analysis.report.page import report_html

__all__ = ["report_html"]
