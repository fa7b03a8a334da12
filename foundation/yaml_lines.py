"""YAML as it was written: every scalar stays text, and every value knows its line.

Ordinary YAML turns ``yes`` into True and ``NO`` (Norway) into False, which ruins value maps of a CRM. Here a
scalar is a string (empty or ``null``: None) and the typed model that reads it decides what it is. Leaves out
anchors' merging and tags; nothing is ever constructed but dicts, lists and strings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinedDocument:
    """A YAML document as dicts, lists and strings.

    Parameters
    ----------
    content : dict
    lines : dict of path to int
        ``("sources", "leads", "path") -> 7``: line of each key or item, from 1.
    duplicates : tuple of path
        Keys that stand twice in one mapping.
    """

    content: dict[str, Any]
    lines: dict[Path, int]
    duplicates: tuple[Path, ...]

    def line(self, path: Path) -> int:
        """Line of ``path``, or of the nearest thing around it that is in the document.

        Parts of the path that the document does not hold are skipped: a model may put tags in between.
        """
        known: Path = ()
        for part in path:
            if (*known, part) in self.lines:
                known = (*known, part)
        return self.lines.get(known, 1)


def read_yaml_lines(text: str) -> LinedDocument:
    """Parse ``text``.

    Raises
    ------
    yaml.YAMLError
        The text is no YAML.
    ValueError
        The document is no mapping.
    """
    lines: dict[Path, int] = {}
    duplicates: list[Path] = []

    def build(node: yaml.Node, path: Path) -> Any:
        lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            mapping: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in mapping:
                    duplicates.append((*path, key))
                lines[(*path, key)] = key_node.start_mark.line + 1
                mapping[key] = build(value_node, (*path, key))
            return mapping
        if isinstance(node, yaml.SequenceNode):
            return [build(item, (*path, index)) for index, item in enumerate(node.value)]
        plain_null = getattr(node, "style", None) is None and node.value in ("", "null", "~")
        return None if plain_null else str(node.value)

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    content = {} if root is None else build(root, ())
    if not isinstance(content, dict):
        raise ValueError("the document must be a mapping of keys to values")
    return LinedDocument(content=content, lines=lines, duplicates=tuple(duplicates))
