"""leadq: lead scores calibrated to the tiers that sales and marketing agreed on, with reasons that add up.

This is the public interface. Importing it is quick: each name below is loaded when it is first used.

>>> import leadq
>>> leadq.__version__
'0.2.0'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.2.0"

if TYPE_CHECKING:
    from leadq.agreement.read import read_agreement as read_agreement
    from leadq.models.bundle.frame_scorer import Scorer as Scorer
    from leadq.models.explainer.exact_shap import explain as explain

_HOMES = {
    "read_agreement": "leadq.agreement.read",
    "Scorer": "leadq.models.bundle.frame_scorer",
    "explain": "leadq.models.explainer.exact_shap",
}

__all__ = ["Scorer", "__version__", "explain", "read_agreement"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'leadq' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
