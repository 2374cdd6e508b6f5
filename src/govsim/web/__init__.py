"""Pages over journals: watch, replay, compare, look into every mind. They read journals and write nothing.

Importing this imports NiceGUI.
"""

from govsim.web.app import serve
from govsim.web.security import ViewSettings

__all__ = ["ViewSettings", "serve"]
