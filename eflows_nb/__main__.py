"""``python -m eflows_nb``: the command ``eflows``."""

import sys

from eflows_nb.cli import main

sys.exit(main())
