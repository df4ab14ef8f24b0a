"""Public addresses of letters."""

from django.urls import URLPattern, path

from members.accounts import views as accounts
from members.letters import views

urlpatterns: list[URLPattern] = [
    path("letters/", views.letters, name="letters"),
    path("letters/choose/", views.letters_choose, name="letters_choose"),
    path("letters/asked/", views.letters_asked, name="letters_asked"),
    path("letters/discover/", accounts.sign_up_here, name="sign_up_here"),
    path("letters/confirm/<str:token>/", views.letter_confirm, name="letter_confirm"),
    path("letters/leave/<str:token>/", views.letter_leave, name="letter_leave"),
    path("letters/issue/<str:token>/", views.letter_web, name="letter_web"),
    path("letters/story/<str:token>/", views.letter_story, name="letter_story"),
]
