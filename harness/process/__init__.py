"""Child processes: what to run, how it is run, what came of it."""
