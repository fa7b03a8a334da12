"""Pages that open offline: templates that extend ``templates/page.html.j2``; no script, no font, no address, light and dark.

Everything that comes from the data is escaped, so that a hostile campaign name stays text; a content security policy in the
page forbids scripts on top.
"""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from leadq.foundation.plurals import counted, one_or_many


def page_environment(*packages: str) -> Environment:
    """Return an escaping template environment over ``templates/`` of ``packages`` and of this one (``page.html.j2``).

    Parameters
    ----------
    *packages : str
        Import names of packages that hold a folder ``templates``: ``"leadq.crm.gate"``.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates") for package in (*packages, "leadq.foundation")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"counted": counted, "one_or_many": one_or_many}
    return made
