"""The till is for every test of a member's account as well."""

from tests.members.money.conftest import till

__all__ = ["till"]
