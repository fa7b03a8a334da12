"""What happens at a company: its first weeks, by the former commit's own commands, and the nights after the move, by either version.

The first weeks leave two models that were promoted one after the other, so that there is one to go back to, a night scored by the first of
them, and its delivery.
"""

from __future__ import annotations

from pathlib import Path

from tests.compatibility.code_versions import Step

FIRST_NIGHT, SECOND_NIGHT, THIRD_NIGHT = (f"2026-10-0{day}T00:00:00+00:00" for day in (1, 2, 3))
SECOND_MORNING = "2026-10-02T07:00:00+00:00"
LEAD = "L0001833"
"""A lead that the first model puts into the best tier; the simulation has a fixed seed, and the former commit is what it is."""
BECAUSE = ("--because", "agreed in the October review")
SCRIPTS = Path(__file__).parent / "former_scripts"
QUICKLY = "look_at_leads.py"
_FIT = (
    "grid_num_leaves: [7], max_rounds: 50, early_stopping_rounds: 10, n_folds: 2, n_origins: 2, bootstrap_repeats: 20"
)


def params(seed: int) -> str:
    """Settings of a training that takes seconds; without ``read_at`` the sources are read by the clock."""
    features = "features: {ages_days: [0, 30, 90], max_event_kinds: 8}"
    return f"seed: {seed}\nfit: {{{_FIT}}}\n{features}\nengine: {{threads: 1}}\n"


def first_weeks(folder: Path, copy: Path, *, quickly: bool) -> list[Step]:
    """From the sources to the state that is kept in ``copy``.

    Parameters
    ----------
    quickly : bool
        Leave out of training what only checks and reports.
    """
    at = ("--project", str(folder))

    def stage(name: str) -> Step:
        return Step(words=("stage", name, *at), now=FIRST_NIGHT)

    look = Step(script=str(SCRIPTS / QUICKLY), words=(str(folder),), now=FIRST_NIGHT)
    everything = ("ingest", "validate", "build", "train", "evaluate", "register")
    learn = [stage("ingest"), look, stage("train"), stage("register")] if quickly else [*map(stage, everything)]
    promote = Step(words=("promote", *BECAUSE, *at), now=FIRST_NIGHT)
    other_seed = {str(folder / "params.yaml"): params(8)}
    return [
        Step(script=str(SCRIPTS / "simulate_company.py"), words=(str(folder), params(7)), now=FIRST_NIGHT),
        Step(words=("init", str(folder)), now=FIRST_NIGHT),
        *learn,
        promote,
        Step(words=("score", *at), now=FIRST_NIGHT),
        Step(words=("deliver", *at), now=FIRST_NIGHT),
        Step(words=("stage", "train", *at), now=FIRST_NIGHT, writes=other_seed),
        stage("register"),
        promote,
        Step(script=str(SCRIPTS / "keep_a_copy.py"), words=(str(folder), str(copy)), now=FIRST_NIGHT),
    ]


def nights_after(folder: Path) -> dict[str, Step]:
    """The commands of the second and third night, by what each does."""
    at = ("--project", str(folder))
    then = ("explain", LEAD, "--as-of", "2026-10-01T12:00:00Z", *at)
    files = ("--html", str(folder / "card.html"), "--picture", str(folder / "why.svg"))
    return {
        "explain the first night": Step(words=then, now=SECOND_MORNING),
        "explain it as data, card and picture": Step(words=(*then, "--json", *files), now=SECOND_MORNING),
        "score": Step(words=("score", *at), now=SECOND_NIGHT),
        "explain": Step(words=("explain", LEAD, *at), now=SECOND_MORNING),
        "deliver": Step(words=("deliver", *at), now=SECOND_MORNING),
        "rollback": Step(words=("rollback", "--because", "fewer leads in T1", *at), now=SECOND_MORNING),
        "score after the rollback": Step(words=("score", "--json", *at), now=THIRD_NIGHT),
        "deliver after the rollback": Step(words=("deliver", "--json", *at), now=THIRD_NIGHT),
        "models": Step(words=("models", "--json", *at), now=THIRD_NIGHT),
    }
