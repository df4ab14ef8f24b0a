"""Public addresses of replies."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from comments.models import SUBJECTS
from comments.moderation.views import appeal, report
from comments.notices.views import follow, mine, unfollow, wishes
from comments.threads.feeds import feed
from comments.threads.views import page, reply
from comments.writing.views import delete, edit, mute, react, write


class SubjectConverter(StringConverter):
    """`story`, `topic` or `page`."""

    regex = "|".join(SUBJECTS)


class DecisionConverter(StringConverter):
    """`ruling` or `sanction`."""

    regex = "ruling|sanction"


register_converter(SubjectConverter, "subject")
register_converter(DecisionConverter, "decision")

urlpatterns: list[URLPattern] = [
    path("in/<int:discussion>/", page, name="reply_page"),
    path("feed/<int:discussion>/", feed, name="reply_feed"),
    path("to/<subject:kind>/<int:pk>/", write, name="reply_write"),
    path("<int:pk>/", reply, name="reply"),
    path("<int:pk>/edit/", edit, name="reply_edit"),
    path("<int:pk>/delete/", delete, name="reply_delete"),
    path("<int:pk>/recommend/", react, name="reply_react"),
    path("<int:pk>/mute/", mute, name="reply_mute"),
    path("<int:pk>/report/", report, name="reply_report"),
    path("appeal/<decision:kind>/<int:pk>/", appeal, name="reply_appeal"),
    path("follow/<subject:kind>/<int:pk>/", follow, name="reply_follow"),
    path("mine/", mine, name="reply_mine"),
    path("wishes/<str:token>/", wishes, name="reply_wishes"),
    path("unfollow/<str:token>/", unfollow, name="reply_unfollow"),
]
