"""The site's list of words, compiled once and asked in one pass over a text."""

import functools
import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class WordList:
    """Single words for one look-up each, phrases for a search; all folded."""

    words: frozenset[str]
    phrases: tuple[str, ...]

    def match(self, text: str) -> bool:
        """Whether `text` uses one of them as whole words, whatever case and accents."""
        if not self.words and not self.phrases:
            return False
        spoken = folded(text)
        if not self.words.isdisjoint(spoken):
            return True
        line = f" {' '.join(spoken)} "
        return any(phrase in line for phrase in self.phrases)


@functools.lru_cache(maxsize=16)
def words_of(lines: str) -> WordList:
    """A list as typed on the desk, one word or phrase a line."""
    terms = [folded(line) for line in lines.splitlines() if line.strip()]
    return WordList(
        words=frozenset(term[0] for term in terms if len(term) == 1),
        phrases=tuple(f" {' '.join(term)} " for term in terms if len(term) > 1),
    )


def folded(text: str) -> list[str]:
    """The words of `text` without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
