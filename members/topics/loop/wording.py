"""What a proposal has to be: words somebody can read. Letters of any alphabet; what cannot be seen is taken out."""

import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

FEWEST_LETTERS, LONGEST_TITLE, LONGEST_CASE = 6, 160, 2000
JOINERS = "\u200c\u200d"  # Persian and the scripts of India need them between letters


def cleaned(text: str, *, lines: bool = False) -> str:
    """The text composed, without control and zero-width characters; on one line unless `lines`."""
    kept = (
        " " if letter in "\t\r\n" and not lines else letter
        for letter in unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
        if letter in "\t\n" + JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    found = "".join(kept)
    return found.strip().strip(JOINERS) if lines else " ".join(found.split()).strip(JOINERS)


def letters(text: str) -> int:
    """How many letters and digits of any alphabet it has."""
    return sum(letter.isalnum() for letter in text)


def complaint_of_title(title: str) -> str:
    """What is wrong with a cleaned title; empty where nothing is."""
    if letters(title) < FEWEST_LETTERS:
        return _("Say in a few words what we should find out.")
    if len(title) > LONGEST_TITLE:
        return _("Put it in one line of at most 160 characters; there is room for the rest below.")
    return ""


def complaint_of_case(case: str) -> str:
    """What is wrong with a cleaned case; empty where nothing is."""
    if letters(case) < FEWEST_LETTERS:
        return _("Say in a sentence or two why it matters, and to whom.")
    over = len(case) - LONGEST_CASE
    if over > 0:
        return ngettext(
            "That is %(over)d character too long: 2,000 are the most we can read.",
            "That is %(over)d characters too long: 2,000 are the most we can read.",
            over,
        ) % {"over": over}
    return ""


def folded(title: str) -> str:
    """The title as compared with others: without case, signs and doubled spaces."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in plain).split())
