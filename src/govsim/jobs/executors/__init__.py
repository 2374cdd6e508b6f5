"""The executors, one in each module: where runs are executed."""
