"""Copy a folder as it is now into another one that is not there yet, times and all."""

from __future__ import annotations

import shutil
import sys

shutil.copytree(sys.argv[1], sys.argv[2])
