"""A project folder to begin with: commented leadq.yaml, agreement.yaml, playbook.yaml, params.yaml and dvc.yaml.

Existing files stay as they are. Where files are given, leadq.yaml is proposed from them, and the commented reference of all its keys
stands beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from leadq.agreement.template import template_text
from leadq.crm.reading.proposal.mapping_proposal import Proposed, looking_at
from leadq.foundation.atomic_files import write_text
from leadq.foundation.plurals import counted
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.getting_started.ask import Ask, propose_with_answers
from leadq.pipelines.getting_started.evidence_page import evidence_page
from leadq.pipelines.getting_started.proposal_words import proposal_words
from leadq.pipelines.getting_started.source_paths import source_paths
from leadq.pipelines.project.file_names import AGREEMENT, CONFIG
from leadq.pipelines.project.params import PARAMS, SOURCE
from leadq.serving.words.playbook import default_playbook

DVC = "dvc.yaml"
PLAYBOOK = "playbook.yaml"
REFERENCE = "leadq.reference.yaml"
PAGE = Path("reports", "init.html")
IGNORE = ".gitignore"
_OLD_DAYS = 7
"""Days after which an extract is read as of its own time for a first look: its open leads are else too old to be scored."""
_NOT_IN_GIT = "/work/\n/store/\n/reports/\n/source/\n/truth/\n"
"""DVC's own files belong into git: it refuses to work with a dvc.lock that git ignores."""


def init(
    folder: Path,
    *,
    source: Path | Sequence[Path] | None = None,
    ask: Ask | None = None,
    now: datetime | None = None,
) -> Told:
    """Write the files of a project that are not there yet.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    source : Path or sequence of Path, optional
        Files of leads and further tables, or a folder with them, whose mapping is proposed; read where they lie and not copied.
    ask : callable, optional
        Asks a person at a terminal; without it open questions are told with the lines that answer them.
    now : datetime, optional
        Aware; tells how old the files are.

    Raises
    ------
    InputError
        ``source`` cannot be read.
    """
    paths = source_paths([source] if isinstance(source, Path) else source or ())
    proposed = _proposed(paths, None if (folder / CONFIG).exists() else ask) if paths else None
    config = proposed.text if proposed else _template(CONFIG, of="leadq.crm.config")
    read_at = _read_at(proposed, now)
    texts = {
        CONFIG: config,
        AGREEMENT: template_text(),
        PARAMS: _params(read_at),
        DVC: dvc_text(*_taken(paths, proposed)),
        IGNORE: _NOT_IN_GIT,
    }
    if _names_playbook((folder / CONFIG).read_text(encoding="utf-8") if (folder / CONFIG).is_file() else config):
        texts[PLAYBOOK] = default_playbook()
    if proposed is not None:
        texts[REFERENCE] = _template(CONFIG, of="leadq.crm.config")
    written, kept = [], []
    for name, text in texts.items():
        if (folder / name).exists():
            kept.append(name)
        else:
            write_text(folder / name, text)
            written.append(name)
    words = _words(folder, written, kept, proposed=proposed is not None)
    facts: dict[str, object] = {"folder": str(folder), "written": written, "kept": kept}
    if proposed is not None:
        write_text(folder / PAGE, evidence_page(proposed))
        facts |= _facts(proposed)
        first = [*proposal_words(proposed, page=str(folder / PAGE)), *_first_look(read_at, now)]
        words = "\n".join([*first, "", words])
    return Told(facts=facts, words=words)


def _proposed(paths: Sequence[Path], ask: Ask | None) -> Proposed:
    with looking_at(paths) as looking:
        return propose_with_answers(looking, ask)


def _taken(paths: Sequence[Path], proposed: Proposed | None) -> tuple[str, ...]:
    """Files that leadq.yaml reads; a folder of the project where none is given."""
    left = {one.file for one in proposed.roles if one.role == "none"} if proposed else set()
    return tuple(str(path) for path in paths if not {path.name, str(path)} & left) or (SOURCE,)


def _facts(proposed: Proposed) -> dict[str, object]:
    """Return what was found, for a machine."""
    return {
        "files": {one.file: one.role for one in proposed.roles},
        "said": list(proposed.said),
        "newest": proposed.newest,
        "questions": [
            {"asks": one.asks, "answers": [choice.line or choice.says for choice in one.choices]}
            for one in proposed.questions
        ],
    }


def _read_at(proposed: Proposed | None, now: datetime | None) -> datetime | None:
    """Return the end of the newest day of the leads, for a first look at an extract; None where that is not over yet."""
    if proposed is None or not proposed.newest:
        return None
    newest = datetime.fromisoformat(proposed.newest).replace(tzinfo=UTC)
    end = newest.replace(hour=0, minute=0) + timedelta(days=1)
    return None if now is not None and end > now else end


def _params(read_at: datetime | None) -> str:
    lines = _template(PARAMS).splitlines(keepends=True)
    if read_at is None:
        return "".join(lines)
    offered = (
        "# For a first look at this extract, as of the end of its newest day, write this in place of the line above:\n"
        f'# read_at: "{read_at.isoformat().replace("+00:00", "Z")}"\n'
    )
    return "".join(line + offered if line.startswith("read_at:") else line for line in lines)


def _first_look(read_at: datetime | None, now: datetime | None) -> list[str]:
    if read_at is None or now is None or now - read_at < timedelta(days=_OLD_DAYS):
        return []
    age = counted((now - read_at).days, "day")
    return [
        f"- The newest lead is {age} old. As of today most open leads may be too old to be scored: for a first look take the line of "
        f"read_at in {PARAMS}."
    ]


def dvc_text(*sources: str) -> str:
    """Return the dvc.yaml of a project whose sources lie at ``sources``, whatever characters the paths have."""
    first, *others = [_dvc_path(source) for source in sources]
    more = "".join(f"\n      - {other}" for other in others)
    template = _template(DVC)
    line = next(line for line in template.splitlines() if "- source #" in line)
    return template.replace(line, line.replace("- source #", f"- {first} #") + more)


def _dvc_path(source: str) -> str:
    if re.fullmatch(r"[\w./-]+", source):
        return source
    # DVC puts values in the place of ${name}, unless a backslash says not to
    return json.dumps(source.replace("${", "\\${"), ensure_ascii=False)


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


def _words(folder: Path, written: list[str], kept: list[str], *, proposed: bool) -> str:
    lines = [f"{folder}: wrote {', '.join(written) or 'nothing'}."]
    if kept:
        lines.append(f"Already there and not changed: {', '.join(kept)}.")
    what = f"check the mapping that was proposed, also in {folder / PAGE}" if proposed else "enter where your files are"
    lines.append(f"Next, in {CONFIG}: {what}.")
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
