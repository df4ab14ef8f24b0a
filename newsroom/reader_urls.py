"""Public addresses of what spans the apps: the account, gifts of stories."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
