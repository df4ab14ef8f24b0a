"""Mail: three templates in, one message out. Text always stands beside the HTML; CSS is inlined.

A template that names what its context lacks is not sent: it raises MissingField, wherever the name stands (printed,
asked by `{% if %}`, passed to a filter or an included part, inside a mapping of the context). What a mail can do
without, its template names itself with `{% optional name %}`.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.utils import translation
from django.utils.crypto import salted_hmac

from newsroom.templatetags.mails import OptionalNode

INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
LONG, PART = 900, re.compile(r"(.{120,240}) ")  # a line of a mail has 998 octets at most (RFC 5322, 2.1.1)


class MissingField(Exception):  # noqa: N818  # named for what is wrong, as Django names DoesNotExist
    """A mail's template names a field its context lacks, or its subject is empty: nothing is sent."""

    def __init__(self, template: str, field: str) -> None:
        super().__init__(f"The mail “{template}” lacks “{field}”.")
        self.template, self.field = template, field


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail before it is addressed: one line, plain text, and HTML with its CSS inlined."""

    subject: str
    text: str
    html: str


def render(template: str, context: Mapping[str, Any], language: str = "") -> Rendered:
    """`templates/emails/<template>.{subject.txt,txt,html}` in `language` (the site's where empty).

    `context`: plain values; `site_url` is added. Raises MissingField and TemplateDoesNotExist.
    """
    with translation.override(language or settings.LANGUAGE_CODE):
        known = {"site_url": settings.SITE_URL, **context}
        text = _filled(template, ".txt", known).strip() + "\n"
        html = INLINER.inline(_filled(template, ".html", known))
        return Rendered(subject_of(template, known), text, _folded(html))


def subject_of(template: str, context: Mapping[str, Any]) -> str:
    """The one line of `templates/emails/<template>.subject.txt`, in the active language. It is text: no HTML escapes.

    Raises MissingField, also for an empty line, and TemplateDoesNotExist.
    """
    subject = one_line(_filled(template, ".subject.txt", context, autoescape=False))
    if not subject:
        raise MissingField(template, "subject")
    return subject


def compose(
    template: str, *, to: str, context: dict[str, object], language: str = "", headers: dict[str, str] | None = None
) -> EmailMultiAlternatives:
    """The message of `templates/emails/<template>.{subject.txt,txt,html}` for one address. Raises MissingField."""
    return message_of(render(template, context, language), to=to, headers=headers)


def message_of(
    rendered: Rendered, *, to: str, sender: str = "", reply_to: str = "", headers: dict[str, str] | None = None
) -> EmailMultiAlternatives:
    """A rendered mail, addressed. `sender`: as `sender_of` makes it; the house's own where empty."""
    message = EmailMultiAlternatives(
        rendered.subject,
        rendered.text,
        sender or settings.DEFAULT_FROM_EMAIL,
        [to],
        headers=headers or {},
        reply_to=[reply_to] if reply_to else None,
    )
    message.attach_alternative(rendered.html, "text/html")
    return message


def send(
    template: str, *, to: str, context: dict[str, object], language: str = "", headers: dict[str, str] | None = None
) -> None:
    """Compose and send at once. Raises MissingField and what the mail backend raises; jobs retry."""
    compose(template, to=to, context=context, language=language, headers=headers).send()


def one_line(text: str) -> str:
    """`text` without line breaks and control characters: no value can begin a header of its own (RFC 5322, 2.2)."""
    return " ".join(CONTROL.sub(" ", text).split())


def sender_of(name: str) -> str:
    """The house's address under another name, quoted as RFC 5322 (3.4) asks."""
    own_name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return str(Address(one_line(name) or own_name, addr_spec=address)) if address else settings.DEFAULT_FROM_EMAIL


def host() -> str:
    """The site's own name on the net, for Message-ID and List-Id."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def message_id(key: str) -> str:
    """The Message-ID (RFC 5322, 3.6.4) of what is sent under `key`: the same for every try, and telling nothing."""
    return f"<{salted_hmac('newsroom.mail.message', key, algorithm='sha256').hexdigest()[:32]}@{host()}>"


class _Refusal(str):
    """What Django prints in place of a name that is not there; asked for it, it raises."""

    def __contains__(self, part: object) -> bool:
        return True

    def __mod__(self, field: object) -> str:
        raise _MissingNameError(str(field))


class _MissingNameError(Exception):
    """A name was printed that is not there."""


@dataclass(frozen=True, slots=True)
class _Watch:
    """What was asked for and not there, and which dotted names need not be there."""

    missed: list[str] = field(default_factory=list)
    spare: set[str] = field(default_factory=set)

    def over(self, value: Any, name: str) -> Any:
        """`value`, its mappings watched likewise. `name`: where it stands in the context, without places in lists."""
        if isinstance(value, Mapping):
            return _Fields(value, name, self)
        return [self.over(each, name) for each in value] if isinstance(value, list | tuple) else value


class _Fields(dict[str, Any]):
    """A mapping of the context that notes what was asked of it and not there."""

    def __init__(self, values: Mapping[str, Any], name: str, watch: _Watch) -> None:
        super().__init__((key, watch.over(value, f"{name}.{key}")) for key, value in values.items())
        self._name, self._watch = name, watch

    def __missing__(self, key: str) -> str:
        field_name = f"{self._name}.{key}"
        if field_name in self._watch.spare:
            return ""
        if not hasattr(dict, str(key)):  # `.items` is a method
            self._watch.missed.append(field_name)
        raise KeyError(key)


class _Known(Context):
    """A context that notes the names asked of it and not there.

    Noted, not raised: `{% if %}` swallows what its operators raise.
    """

    def __init__(self, values: Mapping[str, Any], *, autoescape: bool) -> None:
        self.watch = _Watch()
        super().__init__({name: self.watch.over(each, name) for name, each in values.items()}, autoescape=autoescape)

    def __getitem__(self, key: Any) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            self.watch.missed.append(str(key))
            raise

    def spare(self, name: str) -> None:
        """Let the mail do without `name` (`stories.note`: of each of the stories)."""
        self.watch.spare.add(name)
        if "." not in name and name not in self:
            self[name] = ""


def _filled(template: str, ending: str, values: Mapping[str, Any], *, autoescape: bool = True) -> str:
    """One part of a mail with every name filled in. Raises MissingField."""
    found = _engine().get_template(f"emails/{template}{ending}")
    context = _Known(values, autoescape=autoescape)
    for node in found.nodelist.get_nodes_by_type(OptionalNode):
        node.render(context)
    try:
        text = found.render(context)
    except _MissingNameError as missing:
        raise MissingField(template, str(missing)) from None
    if context.watch.missed:
        raise MissingField(template, context.watch.missed[0])
    return text


def _folded(html: str) -> str:
    """`html` with lines short enough for mail, broken where white space stands anyhow: no encoding has to do it."""
    return "\n".join(PART.sub(r"\1\n", line) if len(line.encode()) > LONG else line for line in html.split("\n"))


@functools.cache
def _engine() -> Engine:
    """The site's templates, by an engine that refuses names that are not there."""
    site = Engine.get_default()
    refusal = _Refusal("%s")
    return Engine(
        site.dirs, loaders=site.loaders, libraries=site.libraries, builtins=site.builtins, string_if_invalid=refusal
    )
