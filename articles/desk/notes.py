"""The story's thread of notes and its preview links."""

from typing import Any

from articles.desk.base import StoryPart, Wrap


class NoteViews(StoryPart):
    """Notes and preview links, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """None yet."""
        return []
