"""A card as HTML: one offline file with nothing from elsewhere in it, and the parts that the desk's pages are made of."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from leadq.agreement.schema import DISQUALIFIED
from leadq.foundation.plurals import counted, one_or_many
from leadq.serving.words.card import NOTE, Card
from leadq.serving.words.text import capitalised


def environment(tiers: Sequence[str], *more: BaseLoader) -> Environment:
    """Return a template environment that escapes everything and knows the card's parts.

    Parameters
    ----------
    tiers : sequence of str
        Best first; the colour of a tier follows from its place.
    more : loaders
        Of further templates.
    """
    made = Environment(
        loader=ChoiceLoader([*more, PackageLoader("leadq.serving.words", "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"counted": counted, "one_or_many": one_or_many, "capitalised": capitalised}
    made.filters["minus"] = lambda text: text.replace("-", "\u2212")
    made.globals["tier_class"] = _tier_class(tuple(tiers))
    made.globals["note"] = NOTE
    return made


def _tier_class(tiers: tuple[str, ...]) -> Callable[[str], str]:
    """Name of a tier's colour: 1 and 2 from the best, ``rest``, ``out``. No text of the agreement becomes a class."""

    def name(tier: str) -> str:
        if tier == DISQUALIFIED:
            return "out"
        place = tiers.index(tier) + 1 if tier in tiers else 0
        return str(place) if place in (1, 2) else "rest"

    return name


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style sheet of a card."""
    return resources.files("leadq.serving.words").joinpath("templates", "card.css").read_text(encoding="utf-8")


def card_file(card: Card, tiers: Sequence[str]) -> str:
    """Return a card as one HTML page that can be read offline, printed or sent."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    template = _own_templates(tuple(tiers)).get_template("card_file.html.j2")
    return template.render(card=card, style=Markup(style()), style_hash=f"sha256-{digest}")  # noqa: S704 - a file of our own


@lru_cache(maxsize=4)
def _own_templates(tiers: tuple[str, ...]) -> Environment:
    return environment(tiers)
