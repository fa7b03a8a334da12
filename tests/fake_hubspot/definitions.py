"""Properties of the fake: what they are, and which values they take."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TYPES = ("bool", "date", "datetime", "enumeration", "number", "string")


class ValueRefused(Exception):  # noqa: N818 - HubSpot's answer, no failure
    """A value that a property does not take."""

    def __init__(self, code: str, name: str, message: str) -> None:
        super().__init__(message)
        self.code, self.name, self.message = code, name, message


@dataclass(slots=True, kw_only=True)
class Definition:
    """One property."""

    name: str
    type: str = "string"
    field_type: str = "text"
    label: str = ""
    group: str = "contactinformation"
    options: list[dict[str, Any]] = field(default_factory=list)
    read_only: bool = False
    given: dict[str, Any] = field(default_factory=dict)

    def judge(self, value: object) -> None:
        """Raise ValueRefused where the value is not taken."""
        if self.read_only:
            raise ValueRefused("READ_ONLY_VALUE", self.name, f'"{self.name}" is a read only property')
        if not isinstance(value, str):
            raise ValueRefused("INVALID_TYPE", self.name, f"{self.name} must be a string")
        if value == "":
            return
        if self.type == "number" and not _is_number(value):
            raise ValueRefused("INVALID_NUMBER", self.name, f"{value} was not a valid number")
        if self.type == "enumeration" and value not in {one["value"] for one in self.options}:
            raise ValueRefused("INVALID_OPTION", self.name, f"{value} was not one of the allowed options")
        if self.type == "datetime" and not _is_moment(value):
            raise ValueRefused("INVALID_DATE", self.name, f"{value} was not a valid date")
        if len(value) > 65_536:
            raise ValueRefused("STRING_TOO_LONG", self.name, "too long")

    def document(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "name": self.name,
            "label": self.label or self.name,
            "description": "",
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": self.group,
            "options": self.options,
            "calculated": False,
            "hubspotDefined": not self.given,
            "modificationMetadata": {
                "archivable": True,
                "readOnlyDefinition": False,
                "readOnlyValue": self.read_only,
                "readOnlyOptions": False,
            },
            **self.given,
        }


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return "e" not in value.lower()


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return value.isdecimal()
    return True


def _plain(*names: str) -> list[Definition]:
    return [Definition(name=name) for name in names]


CONTACTS = [
    *_plain("firstname", "lastname", "email", "phone", "jobtitle", "country", "industry", "hs_lead_status", "use_case"),
    *_plain("lifecyclestage", "annualrevenue", "numemployees", "hubspot_owner_id", "recent_conversion_event_name"),
    Definition(name="createdate", type="datetime", read_only=True),
    Definition(name="hs_email_domain", read_only=True),
    Definition(name="hs_merged_object_ids", read_only=True),
    Definition(name="associatedcompanyid", type="number"),
]
NUMBERS = [*_plain("name", "domain", "industry", "country", "numberofemployees", "annualrevenue")]
