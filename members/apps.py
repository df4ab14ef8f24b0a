"""Members: people, tiers, money, the gate, topics and letters."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    """Tells the page cache which stored moments of this app end a page."""

    name = "members"

    def ready(self) -> None:
        """Register moments: banner, brief, rounds."""
        from members import moments
        from newsroom import caching

        caching.register_moments(moments.upcoming)
