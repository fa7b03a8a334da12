"""A first ``leadq.yaml`` for files nobody has described yet: guesses by name and content, each with its reason.

What cannot be guessed is asked, and left as a comment to fill in. With an id, a creation date and a closing date a file is mapped as
dated leads, else as a flat file that keeps what is known. Nothing is judged here; ``leadq check`` does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from leadq.crm.reading.proposal.asking.questions import Question, questions_of
from leadq.crm.reading.proposal.column_evidence import ColumnEvidence, column_evidence
from leadq.crm.reading.proposal.file_sample import Sample, take_sample
from leadq.crm.reading.proposal.lead_guess import guess_leads
from leadq.crm.reading.proposal.newest_moment import newest_moment
from leadq.crm.reading.proposal.proposal_text import write_proposal
from leadq.crm.reading.proposal.stated_gaps import stated_gaps
from leadq.crm.reading.proposal.tables.file_roles import FileRole, file_roles
from leadq.crm.reading.proposal.tables.further_tables import with_further_tables
from leadq.crm.storage.scratch_database import Connection, open_engine
from leadq.foundation.private_scratch import private_scratch
from leadq.foundation.problems import InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A proposal with everything a person should hear of it.

    Parameters
    ----------
    text : str
        The ``leadq.yaml``.
    questions : tuple of Question
        Those that nobody answered.
    said : tuple of str
        What is missing, odd or doubtful, and what follows.
    roles : tuple of FileRole
        Which file is which; of one file alone it is the leads.
    evidence : tuple of ColumnEvidence
    newest : str
        The newest moment in the leads, as ``2026-09-30 16:12``; empty without dates.
    """

    text: str
    questions: tuple[Question, ...]
    said: tuple[str, ...]
    roles: tuple[FileRole, ...]
    evidence: tuple[ColumnEvidence, ...]
    newest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Files that are staged and looked at; a proposal is made of them as often as something is answered."""

    connection: Connection
    samples: dict[str, Sample]
    unread: tuple[FileRole, ...] = field(default=())

    def propose(self, answers: Mapping[str, str]) -> Proposed:
        """Return the proposal with what a person answered.

        Raises
        ------
        InputError
            None of several files is one of leads.
        """
        roles = self._roles(answers)
        leads = next((self.samples[file] for file, one in roles.items() if one.role == "leads"), None)
        if leads is None:
            raise InputError(_no_leads(tuple(roles.values())))
        guess = guess_leads(self.connection, leads, answers)
        tables = with_further_tables(self.connection, guess, self.samples, roles)
        others = [table.sample for table in tables.further if table.sample is not leads]
        others += [tables.deals.sample] if tables.deals else []
        newest = newest_moment(self.connection, tables.leads)
        return Proposed(
            text=write_proposal(tables, answers),
            questions=questions_of(tables.leads, tables.roles, others, answers),
            said=stated_gaps(tables),
            roles=(*tables.roles, *self.unread),
            evidence=column_evidence(tables),
            newest=newest,
        )

    def _roles(self, answers: Mapping[str, str]) -> dict[str, FileRole]:
        if len(self.samples) > 1:
            return file_roles(self.samples, answers)
        return {file: FileRole(file=file, role="leads", evidence="the only file") for file in self.samples}


def propose_mapping(path: Path) -> str:
    """Return the text of a commented ``leadq.yaml`` for the leads in ``path``.

    Raises
    ------
    InputError
        The file cannot be read, or its first line is no header.
    """
    with looking_at([path]) as looking:
        return looking.propose({}).text


@contextmanager
def looking_at(paths: Sequence[Path]) -> Iterator[Looking]:
    """Stage files and look at their columns.

    Raises
    ------
    InputError
        None can be read; of several, those that cannot are named as not taken.
    """
    with private_scratch() as folder, open_engine(folder) as connection:
        samples: dict[str, Sample] = {}
        unread: list[FileRole] = []
        for place, path in enumerate(paths):
            try:
                sample = take_sample(connection, path.resolve(), folder, table=f"file{place}")
            except InputError as stopped:
                if len(paths) == 1:
                    raise
                why = f"cannot be read: {stopped.problems[0].rule}"
                unread.append(FileRole(file=path.name, role="none", evidence=why))
                continue
            samples[_once(path, samples)] = sample
        if not samples:
            raise InputError(_no_leads(tuple(unread)))
        yield Looking(connection=connection, samples=samples, unread=tuple(unread))


def _once(path: Path, samples: Mapping[str, Sample]) -> str:
    return path.name if path.name not in samples else str(path)


def _no_leads(roles: tuple[FileRole, ...]) -> Problem:
    return Problem(
        where=", ".join(one.file for one in roles),
        rule="one of the files must hold the leads",
        remedy="Give the file of leads alone, with leadq init FOLDER --from FILE, and describe the others in leadq.yaml.",
        examples=tuple(f"{one.file}: {one.evidence}" for one in roles[:5]),
    )
