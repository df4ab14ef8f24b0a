"""Public addresses of money."""

from django.urls import URLPattern, path

from members.money.giving import views as giving
from members.money.inbox import views as inbox
from members.money.joining import views as joining
from members.money.keeping import views as keeping

urlpatterns: list[URLPattern] = [
    path("membership/", joining.membership, name="membership"),
    path("membership/join/", joining.join, name="join"),
    path("membership/terms/", joining.membership_terms, name="membership_terms"),
    path("membership/ask/", giving.ask, name="hardship"),
    path("membership/welcome/", joining.welcome, name="welcome"),
    path("membership/support/", giving.membership_support, name="membership_support"),
    path("membership/gift/", giving.membership_gift, name="membership_gift"),
    path("membership/redeem/", giving.membership_redeem, name="membership_redeem"),
    path("membership/portal/", keeping.open_portal, name="portal"),
    path("membership/pause/", keeping.pause, name="pause"),
    path("stripe/webhook/", inbox.stripe_webhook, name="stripe_webhook"),
    path("stripe/webhook", inbox.stripe_webhook, name="stripe_webhook_typed"),  # by hand: Stripe follows no redirect
]
