"""Runs steps one after the other in one process, as many processes would: started by ``code_versions.py``, never imported.

It imports nothing of leadq by itself: which code answers is decided by the path that the process was given and the name of the entry
point. Standard input is ``{"entry", "steps", "names", "answer"}``; the answer goes into a file, for libraries write to standard output.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any


def _run(main: Any, step: dict[str, Any]) -> dict[str, Any]:
    for path, text in step["writes"].items():
        Path(path).write_text(text, encoding="utf-8")
    os.environ["LEADQ_NOW"] = step["now"]
    sys.argv = [step["script"] or "leadq", *step["words"]]
    said, code = io.StringIO(), 0
    with redirect_stdout(said):
        try:
            runpy.run_path(step["script"], run_name="__main__") if step["script"] else main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return {"code": code, "said": said.getvalue()}


def _homes(names: list[str]) -> dict[str, str]:
    """Where each of these top-level names was imported from, if it was."""
    return {name: str(sys.modules[name].__file__) for name in names if name in sys.modules}


def _session(asked: dict[str, Any]) -> None:
    module, _, name = asked["entry"].partition(":")
    main = getattr(import_module(module), name)
    said = [_run(main, step) for step in asked["steps"]]
    answer = {"said": said, "homes": _homes(asked["names"])}
    Path(asked["answer"]).write_text(json.dumps(answer), encoding="utf-8")


_session(json.load(sys.stdin))
