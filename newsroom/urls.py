"""Every address of the site. Sections and pages come last: they share one table of names."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from articles import urls as articles_urls
from newsroom import desk_session, health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    *desk_session.urls,  # before the desk's, the readers' and allauth's: some of the same doors, fit for a frame
    path("admin/", admin.site.urls),
    path("", include("newsroom.reader_urls")),  # before allauth's: one field and one code
    path("accounts/", include("allauth.urls")),
    path("", include("members.urls")),
    path("replies/", include("comments.urls")),
    path("api/", include("articles.api.urls")),
    path("", include("articles.urls")),
    path("", include("articles.discovery_urls")),
    *articles_urls.places,
]
handler403 = "newsroom.forbidden.forbidden"
handler404 = "articles.missing.bare"
if settings.DEMO_TOUR:
    urlpatterns.insert(0, path("", include("newsroom.demo.tour")))
if settings.DEBUG:
    urlpatterns[:0] = static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
