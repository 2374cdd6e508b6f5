"""Institutions that come with govsim, one file each."""
