"""The kind ``files``: a folder that takes scores."""

from __future__ import annotations

from leadq.crm.connectors.connector import Connector, Surroundings
from leadq.crm.connectors.files.settings import ToFiles
from leadq.crm.connectors.files.target import FileTarget
from leadq.crm.connectors.protocol import Target


class FilesConnector(Connector[ToFiles]):
    """A folder of this machine."""

    title = "files"
    settings = ToFiles
    guide = "docs/howto/deliver.md"

    def open_target(self, name: str, to: ToFiles, around: Surroundings) -> FileTarget:  # noqa: ARG002 - a folder needs nothing else
        """Open it; the folder is made when it is checked."""
        return FileTarget(name=name, folder=to.folder)

    def identity(self, to: ToFiles, around: Surroundings, target: Target) -> str:  # noqa: ARG002
        """Say which folder it is."""
        return f"files {to.folder.resolve()}"


CONNECTOR = FilesConnector()
