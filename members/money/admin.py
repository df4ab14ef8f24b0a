"""The desk's pages for money, a module each."""

from members.money.desk import comparisons, given, stripe_rows, tiers

__all__ = ["comparisons", "given", "stripe_rows", "tiers"]
