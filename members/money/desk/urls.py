"""The money desk's own addresses; `Desk.get_urls` hangs them into the admin, where no one model is their home."""

from typing import Any

from django.urls import URLPattern, path

from members.money.desk import (
    elsewhere_page,
    inbox_page,
    money_desk,
    notices_page,
    orphans,
    revenue_pages,
    timeline_page,
)


def desk_urls(site: Any) -> list[URLPattern]:
    """Every address behind `site`'s door; each view asks for the permission itself."""
    wrap = site.admin_view
    return [
        path("members/money/", wrap(money_desk.money), name="members_money"),
        path("members/money/stripe/", wrap(money_desk.ask_stripe), name="members_money_ask"),
        path("members/money/orphans/", wrap(orphans.show), name="members_money_orphans"),
        path("members/money/orphans/link/", wrap(orphans.link), name="members_money_link"),
        path("members/money/inbox/", wrap(inbox_page.retry_parked), name="members_money_retry"),
        path("members/money/prices/", wrap(inbox_page.compare_prices), name="members_money_prices"),
        path("members/money/elsewhere/", wrap(elsewhere_page.elsewhere_page), name="members_money_elsewhere"),
        path("members/money/notices/", wrap(notices_page.notices), name="members_money_notices"),
        path("members/money/gift/<int:pk>/", wrap(money_desk.send_code), name="members_money_code"),
        path("members/money/<int:pk>/<slug:verb>/", wrap(money_desk.do), name="members_money_do"),
        path("members/member/<int:pk>/money/", wrap(timeline_page.timeline), name="members_member_money"),
        path("members/revenue/", wrap(revenue_pages.revenue), name="members_revenue"),
        path("members/revenue/months.csv", wrap(revenue_pages.months), name="members_revenue_months"),
        path("members/revenue/payments.csv", wrap(revenue_pages.payments), name="members_revenue_payments"),
    ]
