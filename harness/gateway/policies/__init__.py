"""Policies that resources have: read from the services' stores, and checked on their way into them."""
