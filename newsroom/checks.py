"""System checks: what is missing or unsafe in production, each with what to do. `check --deploy` shows them."""

from typing import Any

from django.core.checks import Error, register


def register_all() -> None:
    """Register every check of this module."""
    register(production_secrets, deploy=True)


def production_secrets(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Every setting production cannot do without."""
    return []
