"""What an archive is written of: the demo paper's own paragraphs, put together anew."""

import random
import re
from dataclasses import dataclass

from django.utils.html import strip_tags

from newsroom.demo.paper import read_stories

BODIES, SHORTEST, LONGEST, TEASER = 400, 3, 6, 2
RARE = "quokka"  # stands in the headlines of thirty stories, however many there are
COMMON = "harbour"
SUBJECTS = (
    "The council", "The harbour office", "The ferry company", "Parents", "The water board", "Fishermen",
    "The university", "Tenants", "The hospital", "The state auditor", "Two ministers", "The power company",
)  # fmt: skip
DEEDS = ("delays", "defends", "buys back", "questions", "closes", "reopens", "counts", "forgets", "pays for", "loses")
PARAGRAPH = re.compile(r"<p>.*?</p>", re.DOTALL)
WORD = re.compile(r"[a-z]{5,}")


@dataclass(frozen=True, slots=True)
class Body:
    """A text with what follows from it."""

    html: str
    teaser: str
    plain: str


@dataclass(frozen=True)
class Words:
    """Bodies to choose from, sentences for standfirsts, and words, the frequent ones first."""

    bodies: list[Body]
    sentences: list[str]
    words: list[str]

    @classmethod
    def read(cls) -> "Words":
        """From the paper's files; always the same."""
        paragraphs = [text for story in read_stories() for text in PARAGRAPH.findall(story.body)]
        chance = random.Random(7)
        bodies = [_body(chance.sample(paragraphs, chance.randint(SHORTEST, LONGEST))) for _ in range(BODIES)]
        plain = [strip_tags(text) for text in paragraphs]
        said = " ".join(plain).lower()
        counts: dict[str, int] = {}
        for word in WORD.findall(said):
            counts[word] = counts.get(word, 0) + 1
        sentences = [text.split(". ")[0].rstrip(".")[:250] + "." for text in plain]
        return cls(bodies, sentences, sorted(counts, key=lambda word: (-counts[word], word)))

    def headline(self, chance: random.Random) -> str:
        """A headline of a frequent subject and less frequent words: few in the list come often, most seldom."""
        first, second = (self.words[int(len(self.words) * chance.random() ** 2)] for _ in range(2))
        return f"{chance.choice(SUBJECTS)} {chance.choice(DEEDS)} the {first} {second}"


def _body(paragraphs: list[str]) -> Body:
    html = "".join(paragraphs)
    return Body(html, "".join(paragraphs[:TEASER]), strip_tags(" ".join(paragraphs)))
