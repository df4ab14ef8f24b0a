"""The desk's pages for money, a module each."""

from members.money.desk import given, requests, stripe_rows, terms, tiers, ways

__all__ = ["given", "requests", "stripe_rows", "terms", "tiers", "ways"]
