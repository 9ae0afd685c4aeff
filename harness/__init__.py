"""Local emulation and integration test harness for cross-account AWS IAM."""

__version__ = "0.1.0"
