"""Public addresses of letters."""

from django.urls import URLPattern, path

from members.accounts import views as accounts
from members.letters.issues import views as issues
from members.letters.joining import mailed_views as mailed
from members.letters.joining import views as joining
from members.letters.sending import views as sending

urlpatterns: list[URLPattern] = [
    path("letters/", joining.letters, name="letters"),
    path("letters/choose/", joining.letters_choose, name="letters_choose"),
    path("letters/asked/", joining.letters_asked, name="letters_asked"),
    path("letters/discover/", accounts.sign_up_here, name="sign_up_here"),
    path("letters/events/<slug:provider>/", sending.mail_events, name="mail_events"),
    path("letters/confirm/<str:token>/", mailed.letter_confirm, name="letter_confirm"),
    path("letters/leave/<str:token>/", mailed.letter_leave, name="letter_leave"),
    path("letters/never/<str:token>/", mailed.letter_never, name="letter_never"),
    path("letters/mine/<str:token>/", mailed.letters_mine, name="letters_mine"),
    path("letters/issue/<str:token>/", issues.letter_web, name="letter_web"),
    path("letters/go/<str:token>/<int:place>/", issues.letter_go, name="letter_go"),
    path("letters/story/<str:token>/", issues.letter_story, name="letter_story"),
    path("letters/<slug:slug>/", joining.letter, name="letter"),
]
