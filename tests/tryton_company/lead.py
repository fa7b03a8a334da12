from trytond.exceptions import UserError
from trytond.model import fields
from trytond.pool import PoolMeta


class Opportunity(metaclass=PoolMeta):
    __name__ = "sale.opportunity"

    lead_source = fields.Char("Source")
    campaign = fields.Char("Campaign")
    industry = fields.Char("Industry")
    employees = fields.Integer("Employees")
    job_title = fields.Char("Title")
    authority = fields.Char("Authority")
    budget = fields.Char("Budget")
    need = fields.Char("Need")
    timeline = fields.Char("Timeline")
    handling = fields.TimeDelta("Handling")
    call_at = fields.Time("Call at")
    scan = fields.Binary("Scan")

    @classmethod
    def validate_fields(cls, opportunities, field_names):
        super().validate_fields(opportunities, field_names)
        if "lq_score" in field_names and any(one.need == "refused" for one in opportunities):
            raise UserError("This lead takes no scores now")
