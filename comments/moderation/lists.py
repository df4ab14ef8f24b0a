"""Keeping the lists of words: what is odd about them, and the verb that stores them."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.moderation.words import (
    ANY_ENDING,
    Action,
    Hit,
    Term,
    WordList,
    compiled,
    folded,
    number_of_words,
    terms_in,
)
from members.models import AuditEntry, Member, SiteRules
from newsroom.caching import purge

MOST_TERMS = 20_000  # in all lists; a look costs the same, the page does not
MOST_WORDS = 10  # of one phrase
LONGEST_TERM = 200  # characters of a line
SHORT_BEGINNING = 3  # letters before `*` that catch a lot
NAMED = 12  # oddities that are told one by one
SAYS: dict[Action, str | Promise] = {
    Action.REPLACE: gettext_lazy("replaced"),
    Action.BLOCK: gettext_lazy("refused"),
    Action.HOLD: gettext_lazy("held"),
    Action.REPORT: gettext_lazy("reported"),
}
Lists = Mapping[Action, str]


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of one list: how many terms there are, how many came and went."""

    action: Action
    number: int
    came: int
    went: int


def of_site(rules: SiteRules) -> dict[Action, str]:
    """The lists as they stand."""
    return {action: getattr(rules, action) for action in Action}


def stamp(lists: Lists) -> str:
    """What tells two states of the lists apart: a form carries it, so that nobody's work is written over."""
    return hashlib.sha256("\0".join(lists[action] for action in Action).encode()).hexdigest()[:16]


def tidied(lines: str) -> str:
    """A list without blank lines and spaces around terms, as it is stored."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines.splitlines())))


def faults(lines: str, action: Action) -> list[str]:
    """Why a list cannot be stored, in sentences."""
    said = []
    for term in terms_in(lines, action):
        short = term.written[:40]
        if not number_of_words(term.written):
            said.append(_("“%s” holds no letter or digit.") % (short or f"= {term.instead[:40]}"))
        elif number_of_words(term.written) > MOST_WORDS:
            said.append(_("“%(term)s …” is longer than %(most)d words.") % {"term": short, "most": MOST_WORDS})
        elif len(term.written) > LONGEST_TERM or len(term.instead) > LONGEST_TERM:
            said.append(_("“%(term)s …” is longer than %(most)d letters.") % {"term": short, "most": LONGEST_TERM})
    return said[:NAMED]


def oddities(lists: Lists) -> tuple[list[str], int]:
    """What is odd in lists that can be stored: doubles, terms that never count, contradictions. And how many more."""
    words = compiled(tuple((action, lists[action]) for action in Action))
    terms = words.terms
    told = list(dict.fromkeys(sentence for term in terms for sentence in _odd(term, words)))
    doubles = [
        _("“%(term)s” stands %(times)d times in the list of what is %(done)s.")
        % {"term": term, "times": times, "done": SAYS[action]}
        for (action, term), times in Counter((term.action, _same(term)) for term in terms).items()
        if times > 1
    ]
    found = [*doubles, *told]
    return found[:NAMED], max(len(found) - NAMED, 0)


def store(lists: Lists, *, by: Member) -> list[Changed]:
    """Store the four lists; what changed. Live at once. Effects: the row of rules, audit (numbers, no words), pages."""
    with transaction.atomic():
        SiteRules.objects.get_or_create(pk=1)
        rules = SiteRules.objects.select_for_update().get(pk=1)
        before = of_site(rules)
        changed = [_compared(action, before[action], lists[action]) for action in Action]
        changed = [each for each in changed if lists[each.action] != before[each.action]]
        if not changed:
            return []
        for each in changed:
            setattr(rules, each.action, lists[each.action])
        rules.save(update_fields=[*(str(each.action) for each in changed), "updated_at"])
        numbers = {
            str(each.action): [str(each.number - each.came + each.went), f"{each.number} (+{each.came} −{each.went})"]
            for each in changed
        }
        AuditEntry.objects.note("change", by=by, subject=rules, changes=numbers)
        purge("site")
    return changed


def _compared(action: Action, before: str, after: str) -> Changed:
    old, new = Counter(terms_in(before, action)), Counter(terms_in(after, action))
    return Changed(action, new.total(), (new - old).total(), (old - new).total())


def _same(term: Term) -> str:
    """What makes a term a double of another."""
    return " ".join(folded(term.written)) + (ANY_ENDING if term.written.endswith(ANY_ENDING) else "")


def _odd(term: Term, words: WordList) -> Iterator[str]:
    """What is odd about one term beside the others."""
    if term.written.endswith(ANY_ENDING) and len("".join(folded(term.written))) < SHORT_BEGINNING:
        yield _("“%s” catches every word that begins so.") % term.written
    named = {"term": term.written, "done": SAYS[term.action]}
    for hit in words.hits(term.written):
        other = hit.term
        if (other.action is term.action and _same(other) == _same(term)) or _is_narrower(other, term, hit):
            continue
        named |= {"other": other.written, "instead": SAYS[other.action]}
        if other.action is term.action is not Action.REPLACE:  # of replaced ones the longest counts
            yield _("“%(term)s” is caught by “%(other)s” already.") % named
        elif _counts_before(other, term):
            yield _("“%(term)s” is never %(done)s: “%(other)s” is %(instead)s first.") % named
    for hit in words.hits(term.instead):
        named["other"] = hit.term.written
        yield _("What is printed instead of “%(term)s” holds “%(other)s”, which is listed itself.") % named


def _is_narrower(other: Term, term: Term, hit: Hit) -> bool:
    """Whether `term` catches words that `other`, found in it, does not."""
    is_last = not folded(term.written[hit.end :])
    return is_last and term.written.endswith(ANY_ENDING) and not other.written.endswith(ANY_ENDING)


def _counts_before(other: Term, term: Term) -> bool:
    order = list(Action)
    return order.index(other.action) < order.index(term.action)
