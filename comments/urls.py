"""Public addresses of replies."""

from django.urls import URLPattern, path, register_converter

from comments import feeds, views
from comments.models import SUBJECTS


class SubjectConverter:
    """`story`, `topic` or `page`."""

    regex = "|".join(SUBJECTS)

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands."""
        return value


register_converter(SubjectConverter, "subject")

urlpatterns: list[URLPattern] = [
    path("in/<int:discussion>/", views.page, name="reply_page"),
    path("feed/<int:discussion>/", feeds.feed, name="reply_feed"),
    path("to/<subject:kind>/<int:pk>/", views.write, name="reply_write"),
    path("<int:pk>/", views.reply, name="reply"),
    path("<int:pk>/edit/", views.edit, name="reply_edit"),
    path("<int:pk>/delete/", views.delete, name="reply_delete"),
    path("<int:pk>/recommend/", views.react, name="reply_react"),
    path("<int:pk>/report/", views.report, name="reply_report"),
]
