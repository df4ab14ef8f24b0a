"""Addresses of the content API, below `/api/`. One without its last slash is led to the one with it.

Loaded after `articles.urls`, whose converters they use.
"""

from django.urls import path, re_path

from articles.api import views

urlpatterns = [
    path("openapi.json", views.openapi, name="api_openapi"),
    path("v1/", views.site, name="api_site"),
    path("v1/stories/", views.stories, name="api_stories"),
    path("v1/stories/<int:pk>/", views.story_by_id, name="api_story_by_id"),
    path("v1/stories/<day:published_on>/<word:slug>/", views.story, name="api_story"),
    path("v1/sections/", views.sections, name="api_sections"),
    path("v1/authors/", views.authors, name="api_authors"),
    path("v1/authors/<word:slug>/", views.author, name="api_author"),
    path("v1/tags/", views.tags, name="api_tags"),
    path("v1/tags/<word:slug>/", views.tag, name="api_tag"),
    path("v1/series/", views.series_list, name="api_series_list"),
    path("v1/series/<word:slug>/", views.series, name="api_series"),
    path("v1/pages/", views.pages, name="api_pages"),
    path("v1/pages/<place:path>/", views.page, name="api_page"),
    re_path(r"^(?:(?P<rest>.*)/)?$", views.unknown, name="api_unknown"),
]
