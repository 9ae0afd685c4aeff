"""Speed and memory of the harness, written to docs/benchmarks.md: `tox -e bench`."""
