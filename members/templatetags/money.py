from django import template
register = template.Library()
@register.filter
def money(amount, currency):
    return "" if not amount else f"{amount/100:g} €"
