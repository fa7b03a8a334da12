"""The XML of Salesforce's Metadata API for the few kinds of component that leadq has: pure, the same bytes for the same input.

References
----------
Salesforce, *Metadata API Developer Guide*: CustomField, PermissionSet, ValidationRule, CustomPermission. Elements stand in the
order in which Salesforce itself writes them, so that a retrieve after a deploy shows no difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlunsplit
from xml.etree import ElementTree as Xml

from leadq.crm.connectors.salesforce.metadata.fields import Choice, LeadField

API_VERSION = "62.0"
NAMESPACE = urlunsplit(("http", "soap.sforce.com", "/2006/04/metadata", "", ""))
"""A name of XML that the deploy demands; nothing is ever fetched from it."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_LABEL = {"label": 40, "choice": 255, "help": 510}

Leaf = str | bool | int
Content = Sequence[tuple[str, "Leaf | Content"]]


def document(kind: str, content: Content) -> str:
    """Return the XML document of one component.

    Parameters
    ----------
    kind : str
        Metadata type: ``"CustomField"``.
    content : sequence of (element, text or further elements)
        Texts are escaped; characters that XML cannot hold are left out.
    """
    root = Xml.Element(kind, xmlns=NAMESPACE)
    _fill(root, content)
    Xml.indent(root, "    ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _fill(parent: Xml.Element, content: Content) -> None:
    for name, inner in content:
        child = Xml.SubElement(parent, name)
        if isinstance(inner, bool):
            child.text = "true" if inner else "false"
        elif isinstance(inner, str | int):
            child.text = _NOT_IN_XML.sub("", str(inner))
        else:
            _fill(child, inner)


def one_line(text: str, longest: int) -> str:
    """Return ``text`` without line breaks and control characters, cut to ``longest`` characters."""
    clean = " ".join(_NOT_IN_XML.sub("", text).split())
    return clean if len(clean) <= longest else clean[: longest - 1].rstrip() + "…"


def field_document(field: LeadField, *, track_history: bool) -> str:
    """Return the CustomField of ``field``."""
    content: list[tuple[str, Leaf | Content]] = [("fullName", field.name)]
    if field.formula:
        content += [("formula", field.formula), ("formulaTreatBlanksAs", "BlankAsZero")]
    content += [
        ("inlineHelpText", one_line(field.help, _LONGEST_LABEL["help"])),
        ("label", one_line(field.label, _LONGEST_LABEL["label"])),
    ]
    if field.type in {"Text", "LongTextArea"} and not field.formula:
        content.append(("length", field.length))
    if field.type in {"Number", "Percent"}:
        content += [("precision", field.length), ("scale", field.decimals)]
    if field.type != "LongTextArea":
        content.append(("required", False))
    if track_history and field.tracked:
        content.append(("trackHistory", True))
    content.append(("type", field.type))
    if field.type in {"Text", "Number", "Percent"} and not field.formula:
        content.append(("externalId", False))
    if field.type == "Text" and not field.formula:
        content.append(("unique", False))
    if field.choices:
        content.append(("valueSet", _values(field.choices)))
    if field.type == "LongTextArea":
        content.append(("visibleLines", 6))
    return document("CustomField", content)


def _values(choices: Sequence[Choice]) -> Content:
    values: list[tuple[str, Content]] = [
        (
            "value",
            [
                ("fullName", choice.value),
                ("default", False),
                ("label", one_line(choice.label, _LONGEST_LABEL["choice"])),
            ],
        )
        for choice in choices
    ]
    return [("restricted", True), ("valueSetDefinition", [("sorted", False), *values])]


def permission_set_document(
    *,
    label: str,
    description: str,
    editable: Sequence[str],
    readable: Sequence[str],
    objects: Mapping[str, bool],
    custom_permission: str = "",
    user_permissions: Sequence[str] = (),
) -> str:
    """Return a PermissionSet.

    Parameters
    ----------
    label, description : str
    editable, readable : sequence of str
        Fields as ``Lead.LQ_Score__c``; those of ``editable`` can be read too.
    objects : mapping of object to bool
        Objects all of whose records can be read; True where records may be edited (by the fields above).
    custom_permission : str
        One that its holders have.
    user_permissions : sequence of str
        Rights of the whole system.
    """
    content: list[tuple[str, Leaf | Content]] = []
    if custom_permission:
        content.append(("customPermissions", [("enabled", True), ("name", custom_permission)]))
    content.append(("description", description))
    for field in sorted({*editable, *readable}):
        rights: Content = [("editable", field in editable), ("field", field), ("readable", True)]
        content.append(("fieldPermissions", rights))
    content += [("hasActivationRequired", False), ("label", label)]
    for name, edit in sorted(objects.items()):
        rights = [
            ("allowCreate", False),
            ("allowDelete", False),
            ("allowEdit", edit),
            ("allowRead", True),
            ("modifyAllRecords", False),
            ("object", name),
            ("viewAllRecords", True),
        ]
        content.append(("objectPermissions", rights))
    for name in user_permissions:
        content.append(("userPermissions", [("enabled", True), ("name", name)]))
    return document("PermissionSet", content)


def formula_text(text: str) -> str:
    """Return ``text`` as a literal of Salesforce's formula language."""
    escaped = one_line(text, 255).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
