"""`{% kept HOLDER "name" VALUE … %}`: a part of a page that is the same for many, rendered once and kept."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


class KeptNode(template.Node):
    """What stands between `kept` and `endkept`."""

    def __init__(self, nodelist: template.NodeList, holder: Any, values: list[Any]) -> None:
        self.nodelist, self.holder, self.values = nodelist, holder, values

    def render(self, context: Any) -> SafeString:
        """What the holder keeps under these values in this language, else rendered and given to it."""
        holder = self.holder.resolve(context, ignore_failures=True)
        if not holder:
            return self.nodelist.render(context)
        name = (get_language(), *(value.resolve(context, ignore_failures=True) for value in self.values))
        kept: SafeString = holder.keep(name, lambda: self.nodelist.render(context))
        return kept


@register.tag
def kept(parser: template.base.Parser, token: template.base.Token) -> KeptNode:
    """Render once for as long as `holder` holds: an object with `keep(name, make)`; without one, every time.

    The values name every thing inside that is not the holder's own: the first, a literal, tells this part from the
    others. They are few and hashable. What is made for one reader has no place in here.
    """
    _tag, holder, *values = token.split_contents()
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, parser.compile_filter(holder), [parser.compile_filter(value) for value in values])
