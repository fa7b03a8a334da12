"""The one door to LightGBM: imported only where something is fitted or scored, waiting without burning the processor, and silent.

libgomp's threads spin at barriers by default: on a machine that is busy with anything else a fit then took five
times the time (122 s against 25 s measured, 2 threads on 2 busy cores). The policy is read when the library loads,
so it is set just before; who has set one already keeps it.

LightGBM prints to the process's standard output, past Python. Its level of logging and where it logs to are kept a thread: a thread that
has not set them prints everything, and ``verbosity`` set where a booster is made says nothing to the pool that grows it (176 lines a
training of 3,000 leads). So every thread that calls LightGBM gets a log that keeps nothing before its first call; what matters comes as
``LightGBMError`` in any case. Parameters are left alone, because a model's text names them and a bundle is known by its bytes.

What no thread of ours can reach: OpenMP's own threads, which bin categories and warn of sparse or negative codes, and ``[Fatal]`` on
standard error. The command line sets both aside (``pipelines/console/output_streams.py``).
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any

_NOTHING = ctypes.CFUNCTYPE(None, ctypes.c_char_p)(lambda _message: None)  # kept: LightGBM holds its address


def load_lightgbm() -> Any:
    """Import lightgbm with passively waiting threads and nothing to say."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import lightgbm  # noqa: PLC0415 - heavy, and the policy must be set first

    functions = getattr(lightgbm.basic, "_LIB", None)  # another version may keep them elsewhere: noise is no failure
    if functions is not None and not isinstance(functions, _SilentFunctions):
        lightgbm.basic._LIB = _SilentFunctions(functions)
    return lightgbm


class _SilentFunctions:
    """LightGBM's C functions, through which all of its Python goes; the first call of a thread silences the thread.

    Parameters
    ----------
    functions : ctypes.CDLL
        The library.
    """

    def __init__(self, functions: Any) -> None:
        self._functions, self._thread = functions, threading.local()

    def __getattr__(self, name: str) -> Any:
        if not hasattr(self._thread, "silent"):
            self._functions.LGBM_RegisterLogCallback(_NOTHING)
            self._thread.silent = True
        return getattr(self._functions, name)
