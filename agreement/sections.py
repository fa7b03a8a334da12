"""One mapping of the file, read key by key with the type each key must have.

A value that is absent reads as the default. A wrong one too, but is noted: nothing is built on it, since the
findings are raised first. Keys that nobody asked for are unknown: :meth:`Section.close` says so.
"""

from __future__ import annotations

import re
from datetime import date
from math import inf
from typing import TypeVar

from leadq.agreement.calendar.durations import business_hours_of
from leadq.agreement.calendar.weekly_calendar import Calendar
from leadq.agreement.findings import Findings
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_scalars import day_of, flag_advice, flag_of, number_of
from leadq.foundation.yaml_tree import Entries, Items, Node, Scalar, shown

NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][-+]?[0-9]+)?")
"""What counts as a number where a text could stand as well."""
WHOLE = re.compile(r"[-+]?[0-9]+")
_LARGEST = 1e15
"""No whole number that is agreed on is larger."""
SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

D = TypeVar("D")
C = TypeVar("C", bound=str)


def as_number(node: Node) -> float | None:
    """Return the finite number that ``node`` holds, else None (``"5"`` in quotes is a text)."""
    return number_of(node.text) if isinstance(node, Scalar) and node.plain else None


def as_flag(node: Node) -> bool | None:
    """Return what ``true`` or ``false`` says, else None."""
    return flag_of(node.text) if isinstance(node, Scalar) and node.plain else None


def as_day(node: Node) -> date | None:
    """Return the date that ``node`` holds as ``YYYY-MM-DD``, else None."""
    return day_of(node.text) if isinstance(node, Scalar) else None


def as_value(node: Scalar) -> str | float | bool:
    """Return the flag, number or text that ``node`` holds; a whole number stays one, so that 5 is no ``"5.0"``."""
    flag, number = as_flag(node), as_number(node)
    if flag is not None:
        return flag
    if number is None or not NUMBER.fullmatch(node.text):
        return node.text
    return int(node.text) if WHOLE.fullmatch(node.text) else number


class Section:
    """A mapping of the agreement.

    Parameters
    ----------
    entries : Entries
    name : str
        What a message calls it: ``"tier T1"``; empty for the whole file.
    findings : Findings
        Takes what is wrong.
    """

    def __init__(self, entries: Entries, name: str, findings: Findings) -> None:
        self.line = entries.line
        self.name = name
        self.findings = findings
        self._entries = entries
        self._asked: set[str] = set()

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys in the order of the file."""
        return tuple(self._entries.values)

    def called(self, key: str) -> str:
        """Return what a message calls ``key``: ``"tier T1: owner"``."""
        return f"{self.name}: {key}" if self.name else key

    def line_of(self, key: str) -> int:
        """Return the line of ``key``, or of the section where it is absent."""
        return self._entries.lines.get(key, self.line)

    def node(self, key: str) -> Node | None:
        """Return what stands under ``key``; None where it is absent or empty."""
        self._asked.add(key)
        node = self._entries.values.get(key)
        return None if isinstance(node, Scalar) and node.empty else node

    def note(self, key: str, rule: str, remedy: str) -> None:
        """Note that ``key`` breaks ``rule``."""
        value = shown(self._entries.values.get(key)) if key in self._entries.values else ""
        self.findings.note(self.line_of(key), f"{self.called(key)} {rule}", remedy, value=value)

    def require(self, *keys: str) -> None:
        """Note each of ``keys`` that is absent or empty."""
        for key in keys:
            if self.node(key) is None:
                self.findings.note(self.line_of(key), f"{self.called(key)} must be given", f"Add the line {key}: ...")

    def close(self) -> None:
        """Note every key that was never asked for."""
        for key in self.keys:
            if key not in self._asked:
                hint = did_you_mean(key, self._asked - set(self.keys)) or did_you_mean(key, self._asked)
                known = ", ".join(sorted(self._asked))
                rule = f"{self.name or 'the agreement'}: unknown key"
                self.findings.note(self.line_of(key), rule, f"{hint}Known keys: {known}.", value=key)

    def text(self, key: str, default: D) -> str | D:
        """Return the text under ``key``."""
        node = self.node(key)
        if node is None:
            return default
        if isinstance(node, Scalar) and node.text.strip():
            return node.text
        self.note(key, "must be a text", "Write one text, in quotes if it holds a colon.")
        return default

    def name_under(self, key: str, default: D) -> str | D:
        """Return the short name (letters, digits, ``_`` and ``-``) under ``key``."""
        text = self.text(key, None)
        if text is None or SLUG.fullmatch(text):
            return default if text is None else text
        self.note(key, "must be a short name", "Use letters, digits, _ and -, beginning with a letter.")
        return default

    def number(self, key: str, default: D, *, low: float, high: float = inf, unit: str = "") -> float | D:
        """Return the number under ``key``, ``low`` and ``high`` included; ``unit``: of time, which may be written beside it."""
        node = self.node(key)
        if node is None:
            return default
        number = as_number(node)
        if number is not None and low <= number <= high:
            return number
        limits = f"from {low:g} to {high:g}" if high < inf else f"of at least {low:g}"
        remedy = (
            f"Write such a number of {unit}s, or 1 business day."
            if unit
            else "Write such a number, without quotes or unit."
        )
        self.note(key, f"must be a number {limits}", remedy)
        return default

    def probability(self, key: str, default: D) -> float | D:
        """Return the number above 0 and below 1 under ``key``."""
        node = self.node(key)
        if node is None:
            return default
        number = as_number(node)
        if number is not None and 0.0 < number < 1.0:
            return number
        self.note(key, "must be a number above 0 and below 1", "Write 30 % as 0.30.")
        return default

    def whole_number(self, key: str, default: D, *, low: int, high: int | None = None) -> int | D:
        """Return the whole number under ``key``, ``low`` and ``high`` included."""
        node = self.node(key)
        if node is None:
            return default
        number = as_number(node)
        if number is not None and number == int(number) and low <= number <= (_LARGEST if high is None else high):
            return int(number)
        limits = f"of at least {low}" if high is None else f"from {low} to {high}"
        self.note(key, f"must be a whole number {limits}", "Write such a number, without quotes or unit.")
        return default

    def share(self, key: str, default: D) -> float | D:
        """Return the number above 0 and up to 1 under ``key``."""
        node = self.node(key)
        number = None if node is None else as_number(node)
        if number is not None and 0.0 < number <= 1.0:
            return number
        if node is not None:
            self.note(key, "must be a number above 0 and up to 1", "Write 90 % as 0.90.")
        return default

    def flag(self, key: str, default: D) -> bool | D:
        """Return what ``true`` or ``false`` says under ``key``."""
        node = self.node(key)
        flag = None if node is None else as_flag(node)
        if node is not None and flag is None:
            self.note(key, "must be true or false", flag_advice(shown(node)))
        return default if flag is None else flag

    def choice(self, key: str, choices: tuple[C, ...], default: D) -> C | D:
        """Return the one of ``choices`` that stands under ``key``."""
        text = self.text(key, None)
        found = next((choice for choice in choices if choice == text), None)
        if text is not None and found is None:
            remedy = f"{did_you_mean(text, choices)}Choose one."
            self.note(key, f"must be one of {', '.join(choices)}", remedy)
        return default if found is None else found

    def names(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return the list of at least one text, each once, under ``key``."""
        node = self.node(key)
        if node is None:
            return default
        items = node.items if isinstance(node, Items) else ()
        names = tuple(item.text.strip() for item in items if isinstance(item, Scalar) and not item.empty)
        if not items or len(names) < len(items) or "" in names or len(set(names)) < len(names):
            self.note(key, "must be a list of at least one name, each once", f"Write {key}: [...].")
            return default
        return names

    def business_hours(self, key: str, default: D, calendar: Calendar, *, low: float, high: float) -> float | D:
        """Return the business hours under ``key``: a number of them, ``4 business hours`` or ``1 business day``."""
        hours = self._of_business(key, calendar)
        if hours is not None and low <= hours <= high:
            return hours
        return self.number(key, default, low=low, high=high, unit="business hour")

    def business_days(self, key: str, default: D, calendar: Calendar, *, low: float, high: float) -> float | D:
        """Return the business days under ``key``: a number of them, ``2 business days`` or ``4 business hours``."""
        hours = self._of_business(key, calendar)
        if hours is not None and low <= (days := hours / calendar.hours_of_a_day) <= high:
            return days
        return self.number(key, default, low=low, high=high, unit="business day")

    def whole_business_days(self, key: str, default: D, calendar: Calendar, *, high: int | None) -> int | D:
        """Return the whole business days under ``key``, at least one: a number of them, ``2 business days`` or ``16 business hours``."""
        hours = self._of_business(key, calendar)
        days = 0.0 if hours is None else hours / calendar.hours_of_a_day
        if days >= 1 and days == int(days) and days <= (_LARGEST if high is None else high):
            return int(days)
        return self.whole_number(key, default, low=1, high=high)

    def _of_business(self, key: str, calendar: Calendar) -> float | None:
        """Return the business hours that ``key`` says with their unit; None where it says something else."""
        node = self.node(key)
        return business_hours_of(node.text, calendar) if isinstance(node, Scalar) else None

    def day(self, key: str, default: D) -> date | D:
        """Return the date under ``key``."""
        node = self.node(key)
        if node is None:
            return default
        day = as_day(node)
        if day is not None:
            return day
        self.note(key, "must be a date that exists", "Write it as YYYY-MM-DD.")
        return default

    def section(self, key: str, name: str) -> Section | None:
        """Return the mapping under ``key``."""
        node = self.node(key)
        if node is None or isinstance(node, Entries):
            return None if node is None else Section(node, name, self.findings)
        self.note(key, "must be a group of keys", f"Write {key}: {{...: ...}}.")
        return None

    def items(self, key: str) -> tuple[Node, ...]:
        """Return the list under ``key``; empty where it is absent."""
        node = self.node(key)
        if node is None or isinstance(node, Items):
            return () if node is None else node.items
        self.note(key, "must be a list", f"Write {key}: [...] or one line with - for each.")
        return ()

    def sections(self, key: str, name: str) -> tuple[Section, ...]:
        """Return the mappings listed under ``key``, each called by ``name`` and its place."""
        found: list[Section] = []
        for place, node in enumerate(self.items(key), start=1):
            called = f"{name} {place}"
            if isinstance(node, Entries):
                found.append(Section(node, called, self.findings))
            else:
                rule, remedy = f"{called} must be a group of keys", "Write it as - {...: ...}."
                self.findings.note(node.line, rule, remedy, value=shown(node))
        return tuple(found)
