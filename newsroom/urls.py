"""Every address of the site. Sections and pages come last: they share one table of names."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from articles import urls as articles_urls
from newsroom import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("members.urls")),
    path("replies/", include("comments.urls")),
    path("", include("articles.urls")),
    *articles_urls.places,
]
