"""The Python interface for scripts and notebooks: run societies, load journals, and analyse them."""
