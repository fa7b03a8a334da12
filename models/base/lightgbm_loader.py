"""LightGBM, imported only where something is fitted or scored, and told to wait without burning the processor.

libgomp's threads spin at barriers by default: on a machine that is busy with anything else a fit then took five
times the time (122 s against 25 s measured, 2 threads on 2 busy cores). The policy is read when the library loads,
so it is set just before; who has set one already keeps it.
"""

from __future__ import annotations

import os
from typing import Any


def load_lightgbm() -> Any:
    """Import lightgbm with passively waiting threads."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import lightgbm  # noqa: PLC0415 - heavy, and the policy must be set first

    return lightgbm
