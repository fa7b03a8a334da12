"""What ``leadq.yaml`` says of a folder that takes scores."""

from __future__ import annotations

from typing import Literal

from leadq.crm.connectors.connector import TargetSettings
from leadq.crm.storage.source_locations import FilePath


class ToFiles(TargetSettings):
    """A folder that takes Parquet and CSV."""

    kind: Literal["files"]
    folder: FilePath
