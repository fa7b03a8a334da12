"""Options of ``leadq crm setup salesforce``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from leadq.crm.connectors.connector import SetupOptions


class SalesforceSetup(SetupOptions):
    """What a company may choose."""

    folder: Path | None = Field(default=None, description="Folder to write; replaced if an earlier run wrote it.")
    disqualified_status: tuple[str, ...] = Field(
        default=(), description="Lead status that needs a rejection reason; can be repeated."
    )
    track_history: bool = Field(
        default=False, description="Let Salesforce keep the history of tier, score and answers."
    )
    detail: bool = Field(default=False, description="Add a long text field with all reasons.")
