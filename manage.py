#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.core.management import execute_from_command_line

    if sys.argv[1:2] == ["start_newsroom"]:
        from newsroom import environment

        environment.stand_in(Path(__file__).with_name(".env"))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
