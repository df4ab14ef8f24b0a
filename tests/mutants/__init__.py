"""Mistakes planted on purpose: each must turn a test red. `python -m tests.mutants` plants them one after another."""
