#!/usr/bin/env python
"""Django's command line for the portal."""

import sys

from config.embedded.environment import use_embedded_services

if __name__ == "__main__":
    use_embedded_services()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
