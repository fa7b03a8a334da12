"""Put the performance page together out of what the benchmarks have written into ``.bench/``, and draw its pictures.

    python -m benchmarks.performance --date 2026-11-22 [--write docs/performance.md]

A part that has not been run is left out with the command that makes it. The pictures lie beside the page, in ``pictures/``.
"""

from __future__ import annotations

import argparse
import os
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.nightly_tables import nightly_part, whole_night_part
from benchmarks.performance_pictures import draw_explainers, draw_nightly
from tests.layout.markdown_layout import laid_out

ROOT = Path(__file__).parents[1]
PARTS = {
    "explainers": "python -m benchmarks.explainers CACHE --write .bench/explainers.md",
    "features_at_scale": "python -m benchmarks.features_at_scale --write .bench/features_at_scale.md",
    "feature_rivals": "python -m benchmarks.feature_rivals --write .bench/feature_rivals.md",
    "whole_night": "python -m benchmarks.whole_night --write .bench/whole_night.json",
    "nightly": "python -m benchmarks.nightly --write .bench/nightly.json",
    "desk": "python -m benchmarks.desk CACHE --write .bench/desk.md",
    "delivery": "python -m benchmarks.delivery --write .bench/delivery.md",
    "hubspot": "python -m benchmarks.hubspot --write .bench/hubspot.md",
    "tryton": "python -m benchmarks.tryton --write .bench/tryton.md",
}
PACKAGES = ("lightgbm", "numba", "numpy", "shap", "duckdb", "ibis-framework", "pyarrow", "pandas")
HEADING = """# Performance

What speed and memory cost, measured beside others in one run. Every table is made by the command beside it; `make performance` makes
them all.

Measured on {day}: {machine}.
Python {python}, {packages}.
"""
EXPLAINERS_PICTURE = "![Rows explained per processor second, by explainer](pictures/explainers.png)\n"
NIGHTLY_PICTURE = "![Seconds and memory of a night, by leads](pictures/nightly.png)\n"


def machine() -> str:
    """Kind of machine, in words."""
    kind = "an unnamed processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        kind = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), kind)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} shared cores ({kind}), {memory:.0f} GB of memory, {platform.system()}"


def page(parts: Path, pictures: Path, *, day: date) -> str:
    """Return the whole page; the pictures are drawn on the way.

    Parameters
    ----------
    parts : Path
        Folder of what the benchmarks wrote.
    pictures : Path
        Folder for the pictures.
    day : date
        When it was measured.
    """
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    texts = [HEADING.format(machine=machine(), day=day, python=platform.python_version(), packages=packages)]
    for name, command in PARTS.items():
        part = _part(name, parts, pictures, command)
        texts.append(part or f"*{name.replace('_', ' ').capitalize()}: not measured yet; `{command}` does.*\n")
    return laid_out("\n".join(texts))


def _part(name: str, parts: Path, pictures: Path, command: str) -> str:
    """Return one section, empty where it has not been run."""
    markdown, figures = parts / f"{name}.md", parts / f"{name}.json"
    if name == "nightly" and figures.exists():
        draw_nightly(figures, pictures / "nightly.png")
        return nightly_part(figures, command=command, picture=NIGHTLY_PICTURE)
    if name == "whole_night" and figures.exists():
        return whole_night_part(figures, command=command)
    if not markdown.exists():
        return ""
    text = markdown.read_text(encoding="utf-8").strip() + "\n"
    if name != "explainers":
        return text
    draw_explainers(figures, pictures / "explainers.png")
    return f"{text}\n{EXPLAINERS_PICTURE}"


def main() -> None:
    """Print the page or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--date", type=date.fromisoformat, required=True)
    parser.add_argument("--parts", type=Path, default=ROOT / ".bench")
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    pictures = (chosen.write or ROOT / "docs" / "performance.md").parent / "pictures"
    text = page(chosen.parts, pictures, day=chosen.date)
    if chosen.write:
        chosen.write.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
