"""The desk's pages for money, a module each."""

from members.money.desk import comparisons, given, requests, stripe_rows, terms, tiers, ways

__all__ = ["comparisons", "given", "requests", "stripe_rows", "terms", "tiers", "ways"]
