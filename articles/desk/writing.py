"""Autosave, rescue, presence and the choice between two texts."""

from typing import Any

from articles.desk.base import StoryPart, Wrap


class WritingViews(StoryPart):
    """Working copies and heartbeats, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """None yet."""
        return []
