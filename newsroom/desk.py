"""The desk's site: home, sign-in and what spans the apps."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class Desk(AdminSite):
    """Django's admin with our name, home and sign-in."""

    site_header = _("The desk")
    site_title = _("The desk")
    index_title = _("Today")
    enable_nav_sidebar = False
