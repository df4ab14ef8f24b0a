"""The desk's pages for money, a module each."""

from members.money.desk import given, stripe_rows, tiers

__all__ = ["given", "stripe_rows", "tiers"]
