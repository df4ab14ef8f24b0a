"""`{% load money %}{{ price.unit_amount|money:price.currency }}`: minor units to `5 €`."""

from django import template

from members.money.amounts import spelled

register = template.Library()


@register.filter
def money(amount: int | None, currency: str) -> str:
    """The amount (minor units of `currency`) as readers see it; nothing for nothing."""
    return "" if amount is None else spelled(amount, currency)
