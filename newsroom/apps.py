"""The newsroom's own app: commands, checks, desk groups."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class NewsroomConfig(AppConfig):
    """Registers the system checks and keeps the desk groups in step after migrations."""

    name = "newsroom"

    def ready(self) -> None:
        """Wire what Django offers no other place for."""
        from newsroom import checks, groups

        checks.register_all()
        members = apps.get_app_config("members")  # newsroom has no models, so no signal of its own
        post_migrate.connect(groups.keep_in_step, sender=members, dispatch_uid="desk_groups")
