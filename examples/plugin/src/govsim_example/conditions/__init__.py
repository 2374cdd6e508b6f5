"""Conditions, one YAML file each."""
