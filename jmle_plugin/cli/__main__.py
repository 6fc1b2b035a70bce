"""`python -m jmle_plugin.cli`."""

from __future__ import annotations

import sys

from jmle_plugin.cli import main

if __name__ == "__main__":
    sys.exit(main())
