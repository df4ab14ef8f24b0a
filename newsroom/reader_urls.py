"""The reader's own addresses: sign-in before allauth's, account and data rights, gifts of stories."""

from django.urls import URLPattern, path

from members.accounts import own_views, second_factor
from members.accounts import views as accounts
from newsroom import account, account_feed, gift

urlpatterns: list[URLPattern] = [
    path("accounts/login/", accounts.sign_in, name="account_login"),
    path("accounts/signup/", accounts.sign_up, name="account_signup"),
    path("accounts/login/code/", accounts.request_code, name="account_request_login_code"),
    path("accounts/login/code/confirm/", accounts.enter_code, name="account_confirm_login_code"),
    path("accounts/email/", own_views.change_address, name="account_email"),
    path("accounts/email/code/", own_views.confirm_address, name="account_email_code"),
    path("accounts/2fa/totp/activate/", second_factor.set_up_app, name="mfa_activate_totp"),
    path("accounts/2fa/webauthn/add/", second_factor.add_passkey, name="mfa_add_webauthn"),
    path("accounts/sessions/", own_views.places, name="usersessions_list"),
    path("account/", account.account, name="account"),
    path("account/profile/", account.account_profile, name="account_profile"),
    path("account/export/", account.account_export, name="account_export"),
    path("account/erase/", account.account_erase, name="account_erase"),
    path("account/erased/", account.account_erased, name="account_erased"),
    path("account/feed/", account_feed.account_feed, name="account_feed"),
    path("account/feed/stop/", account_feed.account_feed_stop, name="account_feed_stop"),
    path("gift/give/", gift.give_story, name="give_story"),
    path("gift/<slug:token>/", gift.gift_link, name="gift_link"),
    path("gift/<slug:token>/made/", gift.gift_made, name="gift_made"),
    path("gift/<slug:token>/revoke/", gift.gift_revoke, name="gift_revoke"),
]
