"""The desk's pages for people and rules; those for money, topics and letters stand with their nouns."""

from members.letters import admin as letters
from members.money import admin as money
from members.topics import admin as topics

__all__ = ["letters", "money", "topics"]
