"""The gate: what runs inside LocalStack's process and stands between every request and its execution.

`python -m harness.gateway` starts one instance with the gate in front; without the gate nothing is served.
"""
