"""Members: people, tiers, money, the gate, topics and letters."""

from typing import Any

from django.apps import AppConfig


def told_of_a_mail(event: Any, esp_name: str, **signalled: Any) -> None:
    """A provider told us what became of a message: anymail has made sure that it was the provider."""
    from django.utils import timezone

    from members.letters.sending import events

    events.record(event, esp_name, now=timezone.now())


class MembersConfig(AppConfig):
    """Tells the page cache which stored moments of this app end a page, and hears what mail providers say."""

    name = "members"

    def ready(self) -> None:
        """Register moments: banner, brief, rounds; listen to mail providers."""
        from anymail.signals import tracking

        from members import moments
        from newsroom import caching

        caching.register_moments(moments.upcoming)
        tracking.connect(told_of_a_mail, dispatch_uid="mail_events")
