"""What to paste into social networks once a story is out."""

from typing import Any

from articles.desk.base import StoryPart, Wrap


class PostViews(StoryPart):
    """The page after publishing, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """None yet."""
        return []
