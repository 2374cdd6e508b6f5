"""The web interface: pages that show, follow and compare runs. They read journals and write nothing.

Importing this package imports NiceGUI.
"""

from govsim.web.app import serve
from govsim.web.security import ViewSettings

__all__ = ["ViewSettings", "serve"]
