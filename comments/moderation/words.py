"""The site's lists of words, compiled once into one tree and asked in one pass over a text.

A term is a word or a phrase; `*` at its end stands for any ending; in the list of replaced words `=` parts a
term from what is printed instead. Terms and texts are folded alike, and only to be compared: case, accents,
full-width and other forms (Unicode NFKD), invisible characters, letters of other scripts that look like Latin
ones, digits and signs put for letters. Letters with spaces between them (`s w a m p`) are read as a word too.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from members.models import SiteRules

READ_AT_MOST = 20_000  # characters of a text; the rules refuse far shorter ones unread
SPELLED_OUT = 3  # so many single letters in a row are a word
MOST_KEPT = 5_000  # characters of which the fold is remembered
LONG_WORD = 40  # longer ones are not remembered
ANY_ENDING = "*"

# Letters that look like Latin ones, folded to lower case. Source: Unicode UTS #39, confusables.txt; where the
# capital and the small letter look like different ones, the small one counts.
_LIKE_LATIN = str.maketrans(
    "авгекмнорстухіјѕһӏԁԛԝѵ" + "αβγεζηικμνορστυχω" + "ɑɡıɩłøđħŧƀᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "abrekmhopctyxijshldqwv" + "abyeznikmvopotuxw" + "agiilodhtbabcdeghijklmnoprstuvwyz",
)
_PUT_FOR = str.maketrans("013457@$", "oieastas")
_PUT_FOR_L = str.maketrans("013457@$", "oleastas")
_SIGNS = "@$"
_BLANK = "\u115f\u1160\u3164\uffa0"  # letters by category, and nothing to see
_WORD = re.compile("w+")


class Action(StrEnum):
    """What a list does; each is a field of `SiteRules`. In the order in which they count."""

    REPLACE = "replaced_words"
    BLOCK = "blocked_words"
    HOLD = "held_words"
    REPORT = "reported_words"


class Term(NamedTuple):
    """One line of a list: as it was typed, what it does, and what is printed instead (empty: asterisks)."""

    written: str
    action: Action
    instead: str = ""


class Hit(NamedTuple):
    """A term in a text, from character `start` to before `end`."""

    term: Term
    start: int
    end: int


def _place(hit: Hit) -> tuple[int, int, bool, str]:
    """The first, of these the longest, of these the one without any ending."""
    return hit.start, -hit.end, hit.term.written.endswith(ANY_ENDING), hit.term.written


class _Token(NamedTuple):
    """A word of a text: the forms under which it may be listed, and where it stands."""

    forms: Sequence[str]
    start: int
    end: int


@dataclass(slots=True)
class _Node:
    """A place in the tree of folded words: what ends here, what ends here with any ending, what goes on."""

    whole: list[Term] = field(default_factory=list)
    begun: dict[str, list[Term]] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    below: dict[str, "_Node"] = field(default_factory=dict)

    def opens(self, word: str) -> bool:
        """Whether a term here is `word`, or begins or goes on with it: most words of a text end here."""
        if word in self.below:
            return True
        size = len(word)
        for length in self.lengths:
            if length > size:
                return False
            if word[:length] in self.begun:
                return True
        return False

    def begun_by(self, word: str) -> Iterator[Term]:
        """The terms with any ending that `word` begins with."""
        for length in self.lengths:
            yield from self.begun.get(word[:length], ()) if length <= len(word) else ()


class WordList:
    """Terms as a tree. A look costs what the text is long, whatever is listed."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = terms
        self.actions = {term.action for term in terms}
        self._root = _Node()
        for term in terms:
            self._plant(term)

    def hits(self, text: str) -> list[Hit]:
        """The terms in `text`, as whole words, in the order in which they begin."""
        if not self.terms:
            return []
        tokens, opens, found = _tokens(text[:READ_AT_MOST]), self._root.opens, list[Hit]()
        for place, token in enumerate(tokens):
            for form in token.forms:
                if opens(form):
                    found += self._from(tokens, place)
                    break
        spelled = (Hit(term, row.start, row.end) for row in _spelled_out(tokens) for term in self._single(row))
        return sorted({*found, *spelled}, key=_place)

    def _plant(self, term: Term) -> None:
        words = _listed(term.written)
        if not words:
            return
        node = self._root
        for word in words[:-1]:
            node = node.below.setdefault(word, _Node())
        if term.written.endswith(ANY_ENDING):
            node.begun.setdefault(words[-1], []).append(term)
            node.lengths = tuple(sorted({*node.lengths, len(words[-1])}))
        else:
            node.below.setdefault(words[-1], _Node()).whole.append(term)

    def _from(self, tokens: Sequence[_Token], place: int) -> Iterator[Hit]:
        """What begins with the word at `place`: down the tree, word by word."""
        start, nodes = tokens[place].start, [self._root]
        for at in range(place, len(tokens)):
            token, reached = tokens[at], list[_Node]()
            for node in nodes:
                for form in token.forms:
                    yield from (Hit(term, start, token.end) for term in node.begun_by(form))
                    if (below := node.below.get(form)) is not None:
                        yield from (Hit(term, start, token.end) for term in below.whole)
                        reached.append(below)
            if not reached:
                return
            nodes = reached

    def _single(self, token: _Token) -> Iterator[Term]:
        for form in token.forms:
            yield from self._root.begun_by(form)
            if (below := self._root.below.get(form)) is not None:
                yield from below.whole


def list_of(rules: SiteRules) -> WordList:
    """The four lists of the site as one, compiled once for each state of them."""
    return compiled(tuple((action, getattr(rules, action)) for action in Action))


def replaced(text: str, rules: SiteRules) -> str:
    """`text` with the listed words replaced, and everything else as it stood. The longest of several counts."""
    words = list_of(rules)
    if Action.REPLACE not in words.actions or len(text) > READ_AT_MOST:
        return text
    parts, end = list[str](), 0
    for hit in words.hits(text):
        if hit.term.action is Action.REPLACE and hit.start >= end:
            here = text[hit.start : hit.end]
            parts += [text[end : hit.start], hit.term.instead or re.sub(r"\S", "*", here)]
            end = hit.end
    return "".join([*parts, text[end:]])


def named(hits: Iterable[Hit], action: Action) -> str:
    """The terms of one list among the hits, as they are listed, each once."""
    return ", ".join(dict.fromkeys(hit.term.written for hit in hits if hit.term.action is action))


def terms_in(lines: str, action: Action) -> list[Term]:
    """The terms of a list as it is typed on the desk, one a line. A line without a word stays, and matches nothing."""
    terms = []
    for line in lines.splitlines():
        written, _equals, instead = line.partition("=") if action is Action.REPLACE else (line, "", "")
        if written.strip() or instead.strip():
            terms.append(Term(written.strip(), action, instead.strip()))
    return terms


def folded(text: str) -> list[str]:
    """The words of `text` as they are compared, without regard to digits put for letters."""
    return [text[start:end].translate(_FOLDS) for start, end in _spans(text)]


def number_of_words(text: str) -> int:
    """How many words a term has; 0 is no term."""
    return len(_listed(text))


@functools.lru_cache(maxsize=8)
def compiled(lists: tuple[tuple[Action, str], ...]) -> WordList:
    """Lists as they are typed, as one."""
    return WordList([term for action, lines in lists for term in terms_in(lines, action)])


class _Folds(dict[int, str]):
    """What a character is compared as: one or more letters or digits, or nothing."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        kept = "".join(letter for letter in plain if _is_part(letter) and not _is_unseen(letter))
        found = kept.translate(_LIKE_LATIN)
        if len(self) < MOST_KEPT:
            self[code] = found
        return found


class _Kinds(dict[int, str]):
    """`w` for a character of a word, a space for what stands between words."""

    def __missing__(self, code: int) -> str:
        found = "w" if _FOLDS[code] or _is_unseen(chr(code)) else " "
        if len(self) < MOST_KEPT:
            self[code] = found
        return found


_FOLDS, _KINDS = _Folds(), _Kinds()


def _is_part(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM" or letter in _SIGNS


def _is_unseen(letter: str) -> bool:
    """An accent, a joiner, a variation selector: nothing that tells words apart."""
    if unicodedata.combining(letter) or letter in _BLANK or "\ufe00" <= letter <= "\ufe0f":
        return True
    return unicodedata.category(letter) in ("Cf", "Me")


def _spans(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _WORD.finditer(text.translate(_KINDS)))


def _tokens(text: str) -> list[_Token]:
    """The words of a text with the forms under which each may be listed."""
    found = ((_forms(text[start:end]), start, end) for start, end in _spans(text))
    return [_Token(*token) for token in found if token[0]]


def _forms(word: str) -> tuple[str, ...]:
    """The forms of a word, at best from memory."""
    return _known_forms(word) if len(word) < LONG_WORD else _forms_of(word)


def _forms_of(word: str) -> tuple[str, ...]:
    """A word folded; with digits or signs: as it stands, without signs around it, with the letters they stand for."""
    plain = word.translate(_FOLDS)
    if plain.isalpha():
        return (plain,)
    bare = plain.strip(_SIGNS)
    if not any(letter.isalpha() for letter in plain):
        return (bare or plain.translate(_PUT_FOR),) if plain else ()
    forms = {bare: None}
    for form in (plain, bare):
        forms |= {form.translate(_PUT_FOR): None, form.translate(_PUT_FOR_L): None}
    return tuple(forms)


_known_forms = functools.lru_cache(maxsize=8192)(_forms_of)


def _listed(written: str) -> list[str]:
    """The words of a term: signs in them stand for letters, digits for themselves."""
    return [word.replace("@", "a").replace("$", "s") for word in folded(written) if word]


def _spelled_out(tokens: Sequence[_Token]) -> Iterator[_Token]:
    """Rows of single letters, each as the word that it spells."""
    row: list[_Token] = []
    for token in [*tokens, _Token(("",), 0, 0)]:
        if len(token.forms[0]) == 1:
            row.append(token)
            continue
        for spelled in (row, row[1:]):  # the first may be a word: `a s w a m p`
            if len(spelled) >= SPELLED_OUT:
                joined = "".join(letter.forms[0] for letter in spelled)
                yield _Token(_forms(joined), spelled[0].start, spelled[-1].end)
        row = []
