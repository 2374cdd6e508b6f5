"""The pages, one file each."""

from govsim.web.pages import compare, dialogue, home, member, new, report, run, skills
from govsim.web.site import Site

__all__ = ["add_pages"]


def add_pages(site: Site) -> None:
    """Register all pages.

    Args:
        site: the shared state.
    """
    for page in (home, run, member, compare, skills, dialogue, report, new):
        page.add(site)
