"""Stories worth linking, who cites this one, and links that are dead."""

from typing import Any

from articles.desk.base import StoryPart, Wrap


class SuggestionViews(StoryPart):
    """Suggestions, for the story's ModelAdmin."""

    def part_urls(self, wrap: Wrap) -> list[Any]:
        """None yet."""
        return []
