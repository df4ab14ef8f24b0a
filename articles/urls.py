"""Public addresses of stories, lists, feeds and pages. `place` is last of all: it takes what is left."""

from django.urls import path, register_converter

from articles import converters, views
from articles.drafts import previews
from articles.reads import views as reads

register_converter(converters.DayConverter, "day")
register_converter(converters.SlugConverter, "word")
register_converter(converters.PlaceConverter, "place")

urlpatterns = [
    path("", views.front, name="front"),
    path("<day:published_on>/<word:slug>/", views.story, name="story"),
    path("<day:published_on>/<word:slug>/rest/", views.rest, name="rest"),
    path("<day:published_on>/<word:slug>/live/", views.live, name="live"),
    path("archive/", views.archive, name="archive"),
    path("archive/<int:year>/", views.archive, name="archive"),
    path("archive/<int:year>/<int:month>/", views.archive, name="archive"),
    path("tag/<word:slug>/", views.tag, name="tag"),
    path("author/<word:slug>/", views.author, name="author"),
    path("series/<word:slug>/", views.series, name="series"),
    path("corrections/", views.corrections, name="corrections"),
    path("reads/", reads.count_read, name="count_read"),
    path("preview/<str:token>/", previews.preview, name="preview"),
]
places = [path("<place:path>/", views.place, name="place")]
