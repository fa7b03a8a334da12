"""A project folder to begin with: commented leadq.yaml, agreement.yaml, playbook.yaml, params.yaml and dvc.yaml.

Existing files stay as they are.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from leadq.agreement.template import template_text
from leadq.crm.reading.proposal.mapping_proposal import propose_mapping
from leadq.crm.reading.sources.parts import is_named
from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import InputError, Problem
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.project.file_names import AGREEMENT, CONFIG
from leadq.pipelines.project.params import PARAMS, SOURCE
from leadq.serving.words.playbook import default_playbook

DVC = "dvc.yaml"
PLAYBOOK = "playbook.yaml"
IGNORE = ".gitignore"
_NOT_IN_GIT = "/work/\n/store/\n/reports/\n/source/\n/truth/\n"
"""DVC's own files belong into git: it refuses to work with a dvc.lock that git ignores."""


def init(folder: Path, *, source: Path | None = None) -> Told:
    """Write the files of a project that are not there yet.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    source : Path, optional
        A file of leads, whose mapping is proposed; it is read where it lies and not copied.

    Raises
    ------
    InputError
        ``source`` cannot be read.
    """
    if source is not None and not is_named(source):
        remedy = "Give the path of a CSV, .xlsx, Parquet, JSON or ZIP file, or a pattern of its parts such as deals-*.csv in quotes."
        raise InputError(Problem(where=str(source), rule="must be a file", remedy=remedy))
    config = propose_mapping(source.resolve()) if source is not None else _template(CONFIG, of="leadq.crm.config")
    texts = {
        CONFIG: config,
        AGREEMENT: template_text(),
        PARAMS: _template(PARAMS),
        DVC: dvc_text(str(source.resolve()) if source is not None else SOURCE),
        IGNORE: _NOT_IN_GIT,
    }
    if _names_playbook((folder / CONFIG).read_text(encoding="utf-8") if (folder / CONFIG).is_file() else config):
        texts[PLAYBOOK] = default_playbook()
    written, kept = [], []
    for name, text in texts.items():
        if (folder / name).exists():
            kept.append(name)
        else:
            write_text(folder / name, text)
            written.append(name)
    return Told(
        facts={"folder": str(folder), "written": written, "kept": kept}, words=_words(folder, written, kept, source)
    )


def dvc_text(source: str) -> str:
    """Return the dvc.yaml of a project whose sources lie at ``source``, whatever characters the path has."""
    written = source
    if not re.fullmatch(r"[\w./-]+", source):  # DVC puts values in the place of ${name}, unless a backslash says not to
        written = json.dumps(source.replace("${", "\\${"), ensure_ascii=False)
    return _template(DVC).replace("- source #", f"- {written} #")


def params_text(*, seed: int, read_at: datetime) -> str:
    """Return the params.yaml of an extract made at ``read_at``; the time stands in quotes, for DVC takes no times."""
    lines = _template(PARAMS).splitlines(keepends=True)
    given = {"seed:": f"seed: {seed}\n", "read_at:": f'read_at: "{read_at.isoformat()}"\n'}
    return "".join(given.get(line.split(" ", 1)[0], line) for line in lines)


def _names_playbook(config: str) -> bool:
    return re.search(rf"(?m)^playbook: {re.escape(PLAYBOOK)}\s", config) is not None


def _template(name: str, *, of: str = "leadq.pipelines.getting_started") -> str:
    return files(of).joinpath("templates", name).read_text(encoding="utf-8")


def _in_git(folder: Path) -> bool:
    """Whether the folder is in a git repository already, which ``dvc init`` must then be told."""
    return any((above / ".git").exists() for above in folder.resolve().parents)


def _words(folder: Path, written: list[str], kept: list[str], source: Path | None) -> str:
    lines = [f"{folder}: wrote {', '.join(written) or 'nothing'}."]
    if kept:
        lines.append(f"Already there and not changed: {', '.join(kept)}.")
    proposed = "check the mapping that was proposed from your file" if source else "enter where your files are"
    lines.append(f"Next, in {CONFIG}: {proposed}.")
    lines.append(f"Agree on {AGREEMENT} with sales and marketing.")
    if PLAYBOOK in written:
        lines.append(f"{PLAYBOOK} has the next steps that are shown beside a score; sales can change them.")
    if DVC in written:
        begin = "dvc init --subdir" if _in_git(folder) else "git init && dvc init"
        lines.append(
            f"{DVC} names the stages of leadq train for DVC. To use it, once in {folder}: {begin}, or without git: "
            "dvc init --no-scm. From then on: dvc repro"
        )
    lines.append(f"Then run: leadq check --project {folder}")
    return "\n".join(lines)
