"""Mail: three templates in, one message out. Text always stands beside the HTML; CSS is inlined."""

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils import translation

INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


def subject_of(template: str, context: dict[str, object]) -> str:
    """The one line of `templates/emails/<template>.subject.txt`, in the active language. It is text: no HTML escapes.

    Raises TemplateDoesNotExist.
    """
    found = Engine.get_default().get_template(f"emails/{template}.subject.txt")
    return " ".join(found.render(Context(context, autoescape=False)).split())


def compose(
    template: str, *, to: str, context: dict[str, object], language: str = "", headers: dict[str, str] | None = None
) -> EmailMultiAlternatives:
    """The message of `templates/emails/<template>.{subject.txt,txt,html}` for one address, in `language`."""
    with translation.override(language or settings.LANGUAGE_CODE):
        context = {"site_url": settings.SITE_URL, **context}
        subject = subject_of(template, context)
        text = render_to_string(f"emails/{template}.txt", context).strip() + "\n"
        html = INLINER.inline(render_to_string(f"emails/{template}.html", context))
    message = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [to], headers=headers or {})
    message.attach_alternative(html, "text/html")
    return message


def send(
    template: str, *, to: str, context: dict[str, object], language: str = "", headers: dict[str, str] | None = None
) -> None:
    """Compose and send at once. Raises what the mail backend raises; jobs retry."""
    compose(template, to=to, context=context, language=language, headers=headers).send()
