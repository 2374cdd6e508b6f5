"""The phases of a month that come with govsim, one file each."""
