"""The six people of the tour, and the rest of the demo's staff."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsroom.groups import EDITORS, MEMBERSHIP_MANAGERS, MODERATORS, PUBLISHERS, WRITERS


@dataclass(frozen=True)
class Person:
    """Somebody the visitor can be. `email` is empty for the anonymous reader."""

    key: str
    name: str
    role: str | Promise
    what: str | Promise
    email: str = ""
    groups: tuple[str, ...] = ()
    lands_on: str = "/"


PEOPLE = (
    Person("anonymous", "", _("anonymous"), _("Reads what is open, meets the walls")),
    Person("member", "Tilde Marsk", _("a member"), _("A free account, no money yet"), "tilde@example.org"),
    Person("patron", "Oskar Winge", _("a patron"), _("Pays, reads everything, votes"), "oskar@example.org"),
    Person(
        "writer",
        "Jonas Thorveld",
        _("a writer"),
        _("Writes on the desk and hands in"),
        "jonas@example.org",
        (WRITERS,),
        "/admin/",
    ),
    Person(
        "editor",
        "Maren Oldekop",
        _("the editor"),
        _("Publishes, schedules, corrects, sets the rules"),
        "maren@example.org",
        (EDITORS, PUBLISHERS),
        "/admin/",
    ),
    Person(
        "moderator",
        "Ruth Callender",
        _("a moderator"),
        _("Clears the replies that wait"),
        "ruth@example.org",
        (MODERATORS, MEMBERSHIP_MANAGERS),
        "/admin/",
    ),
)
COLLEAGUES = (
    Person("amina", "Amina Sorley", _("a writer"), "", "amina@example.org", (WRITERS,)),
    Person("elias", "Elias Nwosu-Brink", _("a writer"), "", "elias@example.org", (WRITERS,)),
    Person("petra", "Petra Vasvary", _("a writer"), "", "petra@example.org", (WRITERS,)),
    Person("sanna", "Sanna Brekke", _("a writer"), "", "sanna@example.org", (WRITERS,)),
)


def person_named(key: str) -> Person | None:
    """The person of the tour with this key."""
    return next((person for person in PEOPLE if person.key == key), None)
