"""Company fit: what the account is, also against the ideal customer that sales and marketing agreed on."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.catalogue import Feature
from leadq.features.field_values import value_column
from leadq.features.groups.protocol import DeclarationContext, FeatureContext
from leadq.features.predicates import field_check

_KNOWN = "value of the field as of the moment, rebuilt from its recorded changes"

DECLARED: tuple[Feature, ...] = (
    Feature(
        name="company_industry",
        family="company",
        kind="category",
        unit="category",
        source="accounts.industry",
        meaning="industry of the company",
        known_because=_KNOWN,
    ),
    Feature(
        name="company_employees",
        family="company",
        kind="number",
        unit="employees",
        source="accounts.employees",
        meaning="number of employees",
        known_because=_KNOWN,
    ),
    Feature(
        name="company_revenue",
        family="company",
        kind="number",
        unit="currency of the source",
        source="accounts.annual_revenue",
        meaning="annual revenue",
        known_because=_KNOWN,
    ),
    Feature(
        name="company_country",
        family="company",
        kind="category",
        unit="category",
        source="accounts.country",
        meaning="country of the company",
        known_because=_KNOWN,
    ),
    Feature(
        name="company_fits_ideal",
        family="company",
        kind="number",
        unit="checks met",
        source="accounts, agreement.ideal_customer",
        meaning="agreed marks of the ideal customer that the company meets",
        known_because=_KNOWN,
    ),
)


class CompanyGroup:
    """Fields of the account, and how many of the agreed marks of an ideal customer it meets."""

    name = "company"
    needs_dates = False
    across_leads = False

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return :data:`DECLARED`."""
        del context
        return DECLARED

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return ``point_id`` and the columns of :data:`DECLARED`; ``company_fits_ideal`` is null where no mark is known."""
        fields = context.values
        met = ibis.literal(0, "int64")
        known = ibis.literal(False)
        for check in context.agreement.ideal_customer:
            name = value_column(check.name)
            column = fields[name] if name in fields.columns else None
            if column is not None:
                met = met + field_check(fields, check).cast("int64")
                known = known | column.notnull()
        return fields.select(
            "point_id",
            company_industry=fields["field:account.industry"],
            company_employees=fields["field:account.employees"],
            company_revenue=fields["field:account.annual_revenue"],
            company_country=fields["field:account.country"],
            company_fits_ideal=ibis.ifelse(known, met, ibis.null("int64")),
        )
