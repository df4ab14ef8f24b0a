"""Which addresses a letter may be asked for. That somebody owns one is proved by a mail, never guessed from it."""

from disposable_email_domains import blocklist
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

LONGEST = 254  # RFC 5321, and our column


def plain(email: str) -> str:
    """The address as we store and compare it: no spaces around it, a domain of any script as mail servers write it."""
    name, at, domain = email.strip().rpartition("@")
    try:
        return f"{name}{at}{punycode(domain).lower()}"
    except UnicodeError:  # as in "a@..", or a label of a hundred letters
        return email.strip()


def refusal(email: str) -> str:
    """Why no letter goes to the address, in a sentence; empty where one may."""
    address = plain(email)
    try:
        validate_email(address)
    except ValidationError:
        return _("This is no e-mail address. It needs a name, an @ and a domain, as in name@example.org.")
    if len(address) > LONGEST or not address.isprintable():
        return _("This address is too long, or has signs in it that no mail server takes.")
    if is_disposable(address):
        return _("This address is made to be thrown away. Letters need one that you keep; you can stop them any day.")
    return ""


def is_disposable(email: str) -> bool:
    """Whether its domain, or one above it, is known for mailboxes thrown away (and the operator does not except it)."""
    labels = email.rpartition("@")[2].lower().split(".")
    domains = {".".join(labels[place:]) for place in range(len(labels) - 1)}
    return not domains.isdisjoint(blocklist) and domains.isdisjoint(settings.LETTERS_TAKE_DOMAINS)
