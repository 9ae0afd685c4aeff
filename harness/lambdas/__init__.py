"""Functions run as child processes of the instance: the Lambda executor."""
