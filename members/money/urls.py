"""Public addresses of money."""

from django.urls import URLPattern, path

from members.money import views

urlpatterns: list[URLPattern] = [
    path("membership/", views.membership, name="membership"),
    path("membership/join/", views.join, name="join"),
    path("membership/welcome/", views.welcome, name="welcome"),
    path("membership/support/", views.membership_support, name="membership_support"),
    path("membership/gift/", views.membership_gift, name="membership_gift"),
    path("membership/redeem/", views.membership_redeem, name="membership_redeem"),
    path("membership/portal/", views.open_portal, name="portal"),
    path("membership/pause/", views.pause, name="pause"),
    path("stripe/webhook/", views.stripe_webhook, name="stripe_webhook"),
]
