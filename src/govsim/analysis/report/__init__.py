"""A report on all runs in a folder as one self-contained page."""

from govsim.analysis.report.page import report_html

__all__ = ["report_html"]
