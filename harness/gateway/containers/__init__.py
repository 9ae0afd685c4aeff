"""Instances in containers: their launches, their first process, their health, the driver's way in."""
