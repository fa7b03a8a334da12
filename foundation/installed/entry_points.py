"""What installed packages offer by entry point, and which package offers it. Nothing is imported here.

Distributions are read one by one, for anything may lie on the path: one without a name, one whose metadata are no text, one with a line
that is no entry point. Such a one stops nobody. What an entry point must bring is for those who load it.
"""

from __future__ import annotations

from importlib.metadata import Distribution, EntryPoint, distribution, distributions

UNNAMED = "an unnamed package"


def offered(group: str) -> dict[str, tuple[EntryPoint, ...]]:
    """Return the entry points of a group by name, in order of name.

    The same value of the same package counts once, and a package that lies behind another version of itself on the path does not count.
    A distribution whose metadata cannot be read is left out.

    Parameters
    ----------
    group : str
        Such as ``"leadq.connectors"``.
    """
    found: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    for one in distributions():
        for point in _points(one, group):
            found.setdefault(point.name, {}).setdefault((point.value, package_of(point)), point)
    return {name: tuple(found[name].values()) for name in sorted(found)}


def package_of(point: EntryPoint) -> str:
    """Return ``"leadq-acme 1.0"``, or :data:`UNNAMED`."""
    return " ".join(part for part in name_and_version(point) if part)


def name_and_version(point: EntryPoint) -> tuple[str, str]:
    """Return the name and the version of the package that offers an entry point; :data:`UNNAMED` and nothing where it has none."""
    try:
        return (UNNAMED, "") if point.dist is None else _name_and_version(point.dist)
    except Exception:  # whatever lies on the path
        return UNNAMED, ""


def _points(one: Distribution, group: str) -> tuple[EntryPoint, ...]:
    try:
        points = tuple(point for point in one.entry_points if point.group == group)
        if not points:
            return ()
        name, version = _name_and_version(one)
        behind = name != UNNAMED and _name_and_version(distribution(name))[1] != version
    except Exception:  # whatever lies on the path: text that is none, lines that are none
        return ()
    return () if behind else points


def _name_and_version(one: Distribution) -> tuple[str, str]:
    fields = one.metadata
    name, version = (str(fields[key]).strip() if key in fields else "" for key in ("Name", "Version"))
    return (name, version) if name else (UNNAMED, "")
