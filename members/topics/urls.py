"""Public addresses of topics."""

from django.urls import URLPattern, path

from members.topics import views

urlpatterns: list[URLPattern] = [
    path("topics/", views.topics, name="topics"),
    path("topics/propose/", views.propose, name="propose"),
    path("topics/vote/<slug:slug>/", views.vote, name="vote"),
    path("topics/past/<slug:slug>/", views.past, name="topics_past"),
    path("topics/<str:slug>/", views.topic, name="topic"),
]
