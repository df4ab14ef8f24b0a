"""The desk: Django's admin under our own site class."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """Puts `Desk` in the place of Django's default admin site."""

    default_site = "newsroom.desk.Desk"
