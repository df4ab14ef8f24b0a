"""Public addresses of what leads to stories: search, feeds, sitemaps."""

from django.urls import path, register_converter

from articles import converters, discovery, feeds, sitemaps

register_converter(converters.MonthConverter, "month")

urlpatterns = [
    path("search/", discovery.search, name="search"),
    path("feed/", feeds.feed, name="feed"),
    path("feed.json", feeds.json_feed, name="json_feed"),
    path("corrections/feed/", feeds.corrections_feed, name="corrections_feed"),  # before the sections' feeds
    path("series/<word:slug>/feed/", feeds.series_feed, name="series_feed"),
    path("<word:slug>/feed/", feeds.feed, name="section_feed"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-site.xml", sitemaps.sitemap_site, name="sitemap_site"),
    path("sitemap-<month:month>.xml", sitemaps.sitemap_month, name="sitemap_month"),
    path("news-sitemap.xml", sitemaps.news_sitemap, name="news_sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
]
