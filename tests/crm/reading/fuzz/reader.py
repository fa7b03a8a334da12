"""One process that reads broken files, one after another: a line with a seed in, a line with what came of it out."""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import traceback
from pathlib import Path

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.proposal.mapping_proposal import propose_mapping
from leadq.foundation.problems import LeadqError
from tests.crm.reading.fuzz.mutations import broken_file
from tests.crm.reading.fuzz.settings import changed
from tests.crm.reading.generator.cells import table
from tests.crm.reading.generator.plan import draw
from tests.crm.reading.generator.truth import READ_AT
from tests.crm.reading.generator.written import write

MOST_MEMORY_MB = 1_000
_MOST_ADDRESSES = 8 << 30


def one(seed: int, folder: Path) -> dict[str, object]:
    """Break the file of ``seed`` and read it as ``leadq init`` and ``leadq stage ingest`` would."""
    done, how = "read", ""
    try:
        path, how = _case(seed, folder)
        _read(seed, path, folder)
    except LeadqError as refused:
        done = "refused" if str(refused).strip() and refused.problems else "refused without a word"
    except MemoryError:
        done = "out of memory"
    except Exception:
        done = traceback.format_exc()[-1500:]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"seed": seed, "how": how, "done": done, "memory_mb": memory}


def _case(seed: int, folder: Path) -> tuple[Path, str]:
    if seed % 5:
        return broken_file(seed, folder)
    plan = draw(seed)
    plan.count = 60
    return write(plan, table(plan), folder), f"{plan.structure} settings"


def _read(seed: int, path: Path, folder: Path) -> None:
    yaml = folder / "leadq.yaml"
    text = propose_mapping(path)
    yaml.write_text(text if seed % 5 else changed(random.Random(seed), text), encoding="utf-8")
    read_history(read_config(yaml), folder=folder / "history", read_at=READ_AT)


def main() -> None:
    """Answer each line of standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_ADDRESSES, _MOST_ADDRESSES))
    for line in sys.stdin:
        with tempfile.TemporaryDirectory(prefix="leadq-fuzz-") as folder:
            answer = one(int(line), Path(folder))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
