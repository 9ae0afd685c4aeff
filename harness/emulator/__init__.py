"""The instances: built, started, proven, recorded and stopped from the driver's side."""
