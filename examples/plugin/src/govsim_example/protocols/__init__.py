"""Protocols: how members are asked, and what they remember."""
