"""What a mail's template says of its own fields: `{% optional %}` names those it can do without."""

from typing import Any

from django import template
from django.template.base import Parser, Token

register = template.Library()


class OptionalNode(template.Node):
    """Names a mail may lack; each is empty text where the context has none."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def render(self, context: Any) -> str:
        """Show nothing. A context of `newsroom.mail` hears which names it may lack; any other asks for none."""
        if hasattr(context, "spare"):
            for name in self.names:
                context.spare(name)
        return ""


@register.tag
def optional(parser: Parser, token: Token) -> OptionalNode:
    """`{% optional discount renews_on %}`: fields the mail can do without; all others must be there, or it is not sent.

    Raises TemplateSyntaxError without a name.
    """
    names = token.split_contents()[1:]
    if not names:
        raise template.TemplateSyntaxError("{% optional %} names the fields a mail can do without")
    return OptionalNode(names)
