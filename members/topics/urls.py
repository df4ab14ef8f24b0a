"""Public addresses of topics."""

from django.urls import URLPattern, path

from members.topics import topic_views, views

urlpatterns: list[URLPattern] = [
    path("topics/", views.topics, name="topics"),
    path("topics/propose/", topic_views.propose, name="propose"),
    path("topics/mine/", topic_views.topics_mine, name="topics_mine"),
    path("topics/mails/<str:token>/", topic_views.topic_mails, name="topic_mails"),
    path("topics/vote/<slug:slug>/", views.vote, name="vote"),
    path("topics/past/<slug:slug>/", views.past, name="topics_past"),
    path("topics/<str:slug>/follow/", topic_views.topic_follow, name="topic_follow"),
    path("topics/<str:slug>/", topic_views.topic, name="topic"),
]
