"""The list of stories: saved filters and bulk actions that ask first."""

from typing import Any

from articles.desk.base import StoryPart, Wrap


class StoryListViews(StoryPart):
    """The list, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """None yet."""
        return []
