"""`python -m deining`."""

import sys

from deining.cli import main

sys.exit(main())
