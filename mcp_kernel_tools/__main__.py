"""`python -m mcp_kernel_tools`: see `cli.py`."""

import sys

from mcp_kernel_tools.cli import main

if __name__ == "__main__":
    sys.exit(main())
