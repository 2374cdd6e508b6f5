"""Execution of runs in worker processes, whatever connects them with the command: driver, worker and messages."""
