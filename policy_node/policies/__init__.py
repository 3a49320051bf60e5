"""Policies. Each is a callable that takes a `PolicyConfig` and returns a loaded `Policy`."""
