"""Every key that ``leadq.yaml`` knows, for hints: out of the models themselves, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel


def key_names(*models: type[BaseModel]) -> set[str]:
    """Return the keys of the models and of all models within them.

    Parameters
    ----------
    *models : type of BaseModel
    """
    seen: set[type[BaseModel]] = set()
    waiting = list(models)
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.add(model)
            waiting += [inner for field in model.model_fields.values() for inner in _models_in(field.annotation)]
    return {field.alias or name for model in seen for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
