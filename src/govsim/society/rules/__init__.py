"""The built-in institutions, one file each."""
