"""allauth's hooks: where our accounts differ from its defaults."""

from allauth.account.adapter import DefaultAccountAdapter


class MemberAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are an e-mail address and a code."""
