"""Checks of the agreement: a subject, an operator and values; read and compared with the fields there are.

No check is evaluated here: the features room turns each into a predicate on the tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain

from leadq.agreement.findings import Findings
from leadq.agreement.schema import Agreement, Check, Operator, Subject
from leadq.agreement.sections import Section, as_flag, as_number, as_value
from leadq.foundation.problems import Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_tree import Entries, Items, Node, Scalar, shortened, shown

SUBJECTS: tuple[Subject, ...] = ("field", "event", "disposition")
FIELD_OPERATORS: tuple[Operator, ...] = (
    "in",
    "not_in",
    "between",
    "at_least",
    "at_most",
    "equals",
    "ends_with",
    "present",
)
DECISIONS = ("accepted", "rejected")
ANY_EVENT = "any"
ACCOUNT = "account."
LONGEST_WINDOW_DAYS = 3650

Values = tuple[str | float | bool, ...]


def read_checks(node: Node | None, name: str, findings: Findings, *, line: int) -> tuple[Check, ...]:
    """Read one check or a list of checks; all of them must hold.

    Parameters
    ----------
    node : Node or None
    name : str
        What a message calls them: ``"rule student"``.
    findings : Findings
    line : int
        Line of the key they stand under.
    """
    nodes = node.items if isinstance(node, Items) else () if node is None else (node,)
    if not nodes:
        rule = f"{name} must hold at least one check"
        findings.note(line, rule, "Write {field: ..., in: [...]} or {event: ..., within_days: ...}.")
    checks: list[Check] = []
    for each in nodes:
        if isinstance(each, Entries):
            check = _read_check(Section(each, name, findings))
            checks.extend([] if check is None else [check])
        else:
            rule = f"{name}: a check must be a group of keys"
            findings.note(each.line, rule, "Write {field: ..., in: [...]}.", value=shown(each))
    return tuple(checks)


def _read_check(section: Section) -> Check | None:
    subjects = [subject for subject in SUBJECTS if section.node(subject) is not None]
    if len(subjects) != 1:
        rule = f"{section.name}: a check must have exactly one of {', '.join(SUBJECTS)}"
        value = ", ".join(subjects or section.keys)
        section.findings.note(section.line, rule, "Name what is looked at; write two checks for two.", value=value)
        return None
    subject = subjects[0]
    check = _field_check(section) if subject == "field" else _occurrence_check(section, subject)
    section.close()
    return check


def _occurrence_check(section: Section, subject: Subject) -> Check | None:
    name = section.text(subject, None)
    within: int | None = None
    if subject == "event":
        within = section.whole_number("within_days", None, low=1, high=LONGEST_WINDOW_DAYS)
    elif name is not None and name not in DECISIONS:
        section.note(subject, f"must be one of {', '.join(DECISIONS)}", f"{did_you_mean(name, DECISIONS)}Choose one.")
    if name is None:
        return None
    return Check(subject=subject, name=name, operator="occurred", within_days=within, line=section.line)


def _field_check(section: Section) -> Check | None:
    name = section.text("field", None)
    operators = [operator for operator in FIELD_OPERATORS if section.node(operator) is not None]
    if len(operators) != 1:
        rule = f"{section.name}: a check on a field must have exactly one of {', '.join(FIELD_OPERATORS)}"
        section.findings.note(section.line, rule, "Write one comparison per check.", value=", ".join(operators))
        return None
    values = _operands(section, operators[0])
    if name is None or values is None:
        return None
    return Check(subject="field", name=name, operator=operators[0], values=values, line=section.line)


def _operands(section: Section, operator: Operator) -> Values | None:
    """Return the values to compare with; None where they do not fit the operator."""
    if operator in ("in", "not_in", "ends_with"):
        return _listed(section, operator)
    if operator == "between":
        return _bounds(section, operator)
    if operator in ("at_least", "at_most"):
        number = section.number(operator, None, low=float("-inf"))
        return None if number is None else (number,)
    return _single(section, operator)


def _single(section: Section, operator: Operator) -> Values | None:
    """Return the value of ``equals``, or nothing for ``present: true``."""
    node = section.node(operator)
    if operator == "present":
        if node is not None and as_flag(node):
            return ()
        section.note(operator, "must be true", "Write present: true.")
        return None
    if isinstance(node, Scalar):
        return (as_value(node),)
    section.note(operator, "must be one value", "Write in: [...] for several.")
    return None


def _listed(section: Section, key: str) -> Values | None:
    node = section.node(key)
    items = node.items if isinstance(node, Items) else ()
    values = [as_value(item) for item in items if isinstance(item, Scalar) and not item.empty]
    if not items or len(values) < len(items):
        section.note(key, "must be a list of at least one value", f"Write {key}: [...].")
        return None
    if key == "ends_with" and not all(isinstance(value, str) for value in values):
        section.note(key, "must be a list of texts", "Put endings that look like numbers in quotes.")
        return None
    return tuple(values)


def _bounds(section: Section, key: str) -> Values | None:
    bounds = [as_number(item) for item in section.items(key)]
    low, high = bounds if len(bounds) == 2 else (None, None)
    if low is None or high is None or low > high:
        section.note(key, "must be two numbers, the smaller one first", f"Write {key}: [80, 900].")
        return None
    return (low, high)


def read_ideal_customer(section: Section) -> tuple[Check, ...]:
    """Read ``industry: [..]`` as a list to be in, ``employees: [80, 900]`` (two numbers) as a range.

    Every key is a field of the account, with or without ``account.`` before it.
    """
    checks: list[Check] = []
    seen: set[str] = set()
    for key in section.keys:
        node = section.node(key)
        numbers = [as_number(item) for item in node.items] if isinstance(node, Items) else []
        ranged = len(numbers) == 2 and None not in numbers
        values = _bounds(section, key) if ranged else _listed(section, key)
        name = key if key.startswith(ACCOUNT) else ACCOUNT + key
        if name in seen:
            section.note(key, f"is {name}, which must not be given twice", "Keep one of the two.")
        elif values is not None:
            seen.add(name)
            operator: Operator = "between" if ranged else "in"
            line = section.line_of(key)
            checks.append(Check(subject="field", name=name, operator=operator, values=values, line=line))
    return tuple(checks)


def placed_checks(agreement: Agreement) -> Iterator[tuple[str, Check]]:
    """Yield every check that decides something (rules, stages, ideal customer) with what a message calls its place."""
    for rule in agreement.rules:
        yield from ((f"rule {rule.id}", check) for check in rule.when)
    for stage, checks in agreement.stages.items():
        yield from ((f"stage {stage}", check) for check in checks)
    yield from (("ideal_customer", check) for check in agreement.ideal_customer)


def asked_checks(agreement: Agreement) -> Iterator[tuple[str, Check]]:
    """Yield every check that only asks for facts: what reasons for rejecting need, what marketing says of a lead."""
    for reason, after in agreement.after_rejection.items():
        yield from ((f"rejection reason {reason}", check) for check in after.checks)
    yield from (("duties of marketing: context_fields", check) for check in context_checks(agreement))


def context_checks(agreement: Agreement) -> tuple[Check, ...]:
    """Return a check for each field that marketing fills in before it hands a lead over; none where nothing is agreed."""
    names = agreement.duties.get("marketing", {}).get("context_fields")
    line = agreement.text[: max(agreement.text.find("context_fields"), 0)].count("\n") + 1
    listed = names if isinstance(names, tuple) else ()
    return tuple(Check(subject="field", name=name, operator="present", line=line) for name in listed)


def check_fields(
    agreement: Agreement, known_fields: Collection[str], *, where: str = "agreement.yaml"
) -> tuple[Problem, ...]:
    """Name every field that the agreement asks for and the data does not have.

    Parameters
    ----------
    agreement : Agreement
    known_fields : collection of str
        As an agreement writes them: ``"authority"``, ``"email_domain"``, ``"account.employees"``.
    where : str
        Name of the file.

    Returns
    -------
    tuple of Problem
        Empty where every field is known. An agreement with problems cannot be applied to these data.
    """
    return tuple(
        Problem(
            where=f"{where} line {check.line}",
            rule=f"{place}: the field must be in the data",
            value=shortened(check.name),
            remedy=f"{did_you_mean(check.name, known_fields)}Write account.NAME for a field of the account, "
            "NAME for one of the lead, or map the field in leadq.yaml.",
        )
        for place, check in chain(placed_checks(agreement), asked_checks(agreement))
        if check.subject == "field" and check.name not in known_fields
    )
