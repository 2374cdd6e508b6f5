"""The components of pages."""
