"""The five desk groups and what each may do. Made and kept in step after every migration."""

from typing import Any

WRITERS, EDITORS, PUBLISHERS = "Writers", "Editors", "Publishers"
MODERATORS, MEMBERSHIP_MANAGERS = "Moderators", "Membership managers"

_WRITING = (
    "articles.view_article articles.add_article articles.change_article articles.view_picture "
    "articles.add_picture articles.change_picture articles.view_author articles.view_section articles.view_tag "
    "articles.add_tag articles.view_series articles.view_page articles.view_document "
    "articles.add_document members.view_topic"
)
_EDITING = (
    f"{_WRITING} articles.publish_article articles.withdraw_article articles.delete_article articles.add_section "
    "articles.change_section articles.add_author articles.change_author articles.change_tag articles.add_series "
    "articles.change_series articles.add_page articles.change_page articles.add_redirect articles.change_redirect "
    "articles.view_redirect articles.delete_redirect "
    "articles.edit_any_article articles.review_article articles.arrange_front "
    "articles.view_embedhost articles.change_document members.add_topic members.change_topic "
    "members.view_round members.view_auditentry "
    "members.view_issue members.add_issue members.change_issue"
)
_MODERATING = (
    "comments.moderate_reply comments.view_reply comments.change_reply comments.view_report "
    "comments.view_appeal "
    "comments.change_report comments.view_sanction comments.add_sanction comments.change_sanction "
    "comments.view_discussion comments.change_discussion members.view_member"
)
_MEMBERSHIP = (
    "members.manage_membership members.view_member members.change_member members.view_tier members.change_tier "
    "members.add_tier members.view_price members.add_price members.change_price members.view_grant "
    "members.view_subscription members.view_payment members.view_gift members.view_complimentary "
    "members.add_complimentary members.change_complimentary members.view_offlinepayment "
    "members.add_offlinepayment members.change_offlinepayment members.view_stripeevent members.view_letter "
    "members.view_lettersubscription "
    "members.view_checkoutattempt members.view_stripecustomer members.add_stripecustomer members.change_stripecustomer "
    "members.view_supportway members.add_supportway members.change_supportway members.delete_supportway "
    "members.view_accessrequest members.view_reconcilerun members.view_terms "
    "members.view_mailing members.view_suppression members.add_suppression"
)
DESK_GROUPS: dict[str, str] = {
    WRITERS: _WRITING,
    EDITORS: _EDITING,
    PUBLISHERS: f"{_EDITING} {_MODERATING} {_MEMBERSHIP} members.manage_rules members.view_siterules "
    "articles.clear_legal members.manage_staff articles.add_embedhost articles.change_embedhost "
    "articles.delete_embedhost members.change_siterules members.add_round members.change_round "
    "members.add_letter members.change_letter members.add_terms members.change_terms "
    "members.view_apikey members.add_apikey members.change_apikey",
    MODERATORS: _MODERATING,
    MEMBERSHIP_MANAGERS: _MEMBERSHIP,
}


def keep_in_step(**kwargs: Any) -> None:
    """Make the desk groups and give each exactly its permissions. Receiver of `post_migrate`."""
    from django.apps import apps
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission

    for app in ("articles", "members", "comments"):
        create_permissions(apps.get_app_config(app), verbosity=0, using=kwargs["using"])
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name, wanted in DESK_GROUPS.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set([known[label] for label in dict.fromkeys(wanted.split())])
