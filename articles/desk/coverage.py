"""Live entries on the desk."""

from typing import Any

from articles.desk.base import StoryPart, Wrap


class CoverageViews(StoryPart):
    """The stream of a live story, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """None yet."""
        return []
