"""Jobs of members: one module a noun, gathered here for the worker."""

from members.letters import jobs as letters
from members.money import jobs as money
from members.topics import jobs as topics

__all__ = ["letters", "money", "topics"]
