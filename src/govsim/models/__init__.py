"""Asking language models: one question at a time, read, asked again, and recorded."""
