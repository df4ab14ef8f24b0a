"""Every mail of the house is whole: three templates, every field there, or it is not sent."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Engine, TemplateSyntaxError
from django.utils import translation

from newsroom import mail
from newsroom.templatetags.mails import OptionalNode
from tests.mail_contexts import CONTEXTS, UNUSED

EMAILS = Path(settings.BASE_DIR) / "templates" / "emails"
SITE = {"site_name": "The Lantern"}


def names() -> list[str]:
    """Every mail: those that have a subject."""
    found = sorted(path.relative_to(EMAILS).as_posix() for path in EMAILS.rglob("*.subject.txt"))
    return [name.removesuffix(".subject.txt") for name in found]


def fields_of(values: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every field, also of mappings within lists: ("stories", 0, "title")."""
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in items:
        if isinstance(values, dict):
            yield (*before, key)
        yield from fields_of(value, (*before, key))


def without(context: dict[str, Any], way: tuple[Any, ...]) -> dict[str, Any]:
    less = deepcopy(context)
    holder: Any = less
    for key in way[:-1]:
        holder = holder[key]
    del holder[way[-1]]
    return less


def dotted(way: tuple[Any, ...]) -> str:
    return ".".join(key for key in way if isinstance(key, str))


def optional_in(name: str) -> set[str]:
    """What the mail's own templates say it can do without."""
    nodes = [
        node
        for ending in (".subject.txt", ".txt", ".html")
        for node in Engine.get_default().get_template(f"emails/{name}{ending}").nodelist.get_nodes_by_type(OptionalNode)
    ]
    return {field for node in nodes if isinstance(node, OptionalNode) for field in node.names}


def rendered(name: str, context: dict[str, Any]) -> mail.Rendered | str:
    """The mail, or the field without which it is not sent."""
    try:
        return mail.render(name, context)
    except mail.MissingField as refused:
        return refused.field


@pytest.mark.parametrize("name", names())
def test_a_mail_is_not_sent_without_a_field_it_speaks_of(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "INLINER", _AsItIs)  # seven hundred mails: their CSS is not what is asked here
    assert name in CONTEXTS, "Add what its callers give it to tests/mail_contexts.py."
    needed, given = set(), set()
    for context in ({**SITE, **context} for context in CONTEXTS[name]):
        whole = mail.render(name, context)
        assert whole.subject
        assert "{" not in whole.subject + whole.text
        for way in fields_of(context):
            given.add(dotted(way))
            less = rendered(name, without(context, way))
            if isinstance(less, str):
                assert less == dotted(way)
                needed.add(less)
            else:
                assert dotted(way) in optional_in(name) or less == whole, way
    spare = optional_in(name) | UNUSED.get(name, set())
    assert given - needed <= spare, "a field nobody needs, or one that is missed by nobody"


@pytest.mark.parametrize(
    "text",
    [
        "{{ gone }}", "{{ gone|upper }}", "{{ here|default:gone }}", "{% if gone %}{% endif %}",
        "{% if gone and here %}{% endif %}", "{% if not gone %}{% endif %}", "{% if here == gone %}{% endif %}",
        "{% for one in gone|make_list %}{% endfor %}", "{% with one=gone %}{% endwith %}", "{% firstof gone here %}",
        "{% load i18n %}{% blocktranslate %}Dear {{ gone }}{% endblocktranslate %}",
        "{% load i18n %}{% blocktranslate count n=gone %}one{% plural %}{{ n }}{% endblocktranslate %}",
        "{% include 'emails/part.txt' %}", "{% include 'emails/other.txt' with one=gone only %}",
        "{{ known.gone }}", "{% if known.gone %}{% endif %}", "{% for one in many %}{{ one.gone }}{% endfor %}",
        "{% extends 'emails/whole.txt' %}{% block said %}{{ gone }}{% endblock %}",
    ],
)  # fmt: skip
def test_wherever_a_missing_name_stands_it_is_seen(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = {"here": "yes", "known": {"is": 1}, "many": [{"is": 1}]}
    mails = {"asked.txt": text, "asked.html": "{{ here }}", "asked.subject.txt": "{{ here }}", "part.txt": "{{ gone }}",
             "other.txt": "{{ one }}",
             "whole.txt": "{% block said %}{% endblock %}"}  # fmt: skip
    _write(mails, tmp_path, monkeypatch)
    with pytest.raises(mail.MissingField, match=r"“asked” lacks “[a-z.]*gone”"):
        mail.render("asked", context)
    filled = {"here": "yes", "gone": 2, "known": {"gone": 1}, "many": [{"gone": 1}]}
    assert mail.render("asked", filled).subject == "yes"


def test_what_a_mail_can_do_without_its_template_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spare = "{% load mails %}{% optional one many.two %}"
    text = spare + "[{{ one }}{% for each in many %}{{ each.two }}{% if each.two %}!{% endif %}{% endfor %}]"
    _write({"a.txt": text, "a.html": text, "a.subject.txt": "{{ said }}"}, tmp_path, monkeypatch)
    assert mail.render("a", {"said": "x", "many": [{}, {"two": 2}]}).text == "[2!]\n"
    for empty in ("", " \n\x00 "):
        with pytest.raises(mail.MissingField, match="subject"):
            mail.render("a", {"said": empty, "many": []})
    assert mail.render("a", {"said": "a\r\nBcc: b@c\u2028d\x00e", "many": []}).subject == "a Bcc: b@c d e"
    with pytest.raises(TemplateSyntaxError):
        Engine.get_default().from_string("{% load mails %}{% optional %}")


def test_a_mail_in_a_language_that_runs_from_the_right_says_so() -> None:
    with translation.override("ar"):
        html = mail.render("members/rests", {**SITE, **CONTEXTS["members/rests"][0]}, "ar").html
    assert '<html lang="ar" dir="rtl">' in html
    assert "text-align: right" in html
    assert 'dir="ltr"' in mail.render("members/rests", {**SITE, **CONTEXTS["members/rests"][0]}).html


class _AsItIs:
    """Inlines nothing."""

    @staticmethod
    def inline(html: str) -> str:
        return html


def _write(mails: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the house's mails be these."""
    (folder / "emails").mkdir()
    for name, text in mails.items():
        (folder / "emails" / name).write_text(text)
    site = Engine.get_default()
    engine = Engine([str(folder)], libraries=site.libraries, string_if_invalid=mail._engine().string_if_invalid)
    monkeypatch.setattr(mail, "_engine", lambda: engine)
