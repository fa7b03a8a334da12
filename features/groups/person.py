"""Who the lead is at work: seniority and function out of the title, kind of e-mail domain, country.

Only the title's words and the domain's kind are used; names and addresses never leave the reader. Which words mean what is a matter of
the lists that the model was trained with (``features/meaning``); a model from before there were any reads as it always has.
"""

from __future__ import annotations

import ibis.expr.types as ir

from leadq.features.catalogue import Feature
from leadq.features.groups.protocol import DeclarationContext, FeatureContext
from leadq.features.meaning import former_people
from leadq.features.meaning.people import email_kind, listed_kinds, read_titles

_KNOWN = "value of the field as of the moment, rebuilt from its recorded changes"


def _category(name: str, source: str, meaning: str) -> Feature:
    return Feature(
        name=name,
        family="person",
        kind="category",
        unit="category",
        source=source,
        meaning=meaning,
        known_because=_KNOWN,
    )


DECLARED: tuple[Feature, ...] = (
    _category("person_seniority", "leads.title", "seniority of the person"),
    _category("person_function", "leads.title", "function of the person"),
    _category("person_email_kind", "leads.email_domain", "kind of e-mail address"),
    _category("person_country", "leads.country", "country of the person"),
)


class PersonGroup:
    """Seniority, function, kind of e-mail address and country of the person."""

    name = "person"
    needs_dates = False
    across_leads = False

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return :data:`DECLARED`."""
        del context
        return DECLARED

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return ``point_id`` and the columns of :data:`DECLARED`; null where the title or the address is not known."""
        fields = context.values
        people = fields.select(
            "point_id",
            title=fields["field:lead.title"],
            email_domain=fields["field:lead.email_domain"],
            account_domain=fields["field:account.domain"],
            person_country=fields["field:lead.country"],
        )
        if context.meaning is None:
            kind = former_people.email_kind(people.email_domain, people.account_domain)
            people = people.mutate(person_email_kind=kind)
            titles = former_people.read_titles(people)
        else:
            listed = listed_kinds(people, context.meaning, context.tables.backend)
            people = people.left_join(listed, "email_domain").drop("email_domain_right")
            kind = email_kind(people.listed, people.email_domain, people.account_domain)
            people = people.mutate(person_email_kind=kind).drop("listed")
            titles = read_titles(people, context.meaning)
        people = people.left_join(titles, "title").drop("title_right")
        return people.drop("title", "email_domain", "account_domain")
