"""`python -m govsim`: the command line, where the script `govsim` is not on the path."""

from govsim.cli.main import main

main()
