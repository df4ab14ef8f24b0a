"""Public addresses of what leads to stories: search, feeds, sitemaps."""

from django.urls import URLPattern, path, register_converter

from articles import converters, discovery, sitemaps
from articles.cards import views as cards
from articles.feeds import views as feeds

register_converter(converters.MonthConverter, "month")


def _both(place: str, kind: str) -> list[URLPattern]:
    """The RSS and the JSON feed of a place of the paper."""
    return [
        path(f"{place}feed/", feeds.feed, {"kind": kind, "form": "rss"}, name=f"{kind}_feed"),
        path(f"{place}feed.json", feeds.feed, {"kind": kind, "form": "json"}, name=f"{kind}_json_feed"),
    ]


urlpatterns = [
    path("search/", discovery.search, name="search"),
    path("feed/", feeds.feed, {"kind": "site", "form": "rss"}, name="feed"),
    path("feed.json", feeds.feed, {"kind": "site", "form": "json"}, name="json_feed"),
    path("feed/mine/<str:token>/", feeds.own, {"form": "rss"}, name="own_feed"),
    path("feed/mine/<str:token>/feed.json", feeds.own, {"form": "json"}, name="own_json_feed"),
    path("corrections/feed/", feeds.corrections, name="corrections_feed"),  # before the sections' feeds
    *_both("series/<word:slug>/", "series"),
    *_both("author/<word:slug>/", "author"),
    *_both("tag/<word:slug>/", "tag"),
    *_both("<word:slug>/", "section"),
    path("card/<int:story>-<word:digest>.png", cards.story_card, name="story_card"),
    path("card/<word:digest>.png", cards.site_card, name="site_card"),
    path("opensearch.xml", discovery.opensearch, name="opensearch"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-site.xml", sitemaps.sitemap_site, name="sitemap_site"),
    path("sitemap-<month:month>.xml", sitemaps.sitemap_month, name="sitemap_month"),
    path("news-sitemap.xml", sitemaps.news_sitemap, name="news_sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
]
