"""A simulated company: two years of CRM tables with every trouble of the real thing, and apart from them the truth."""

from crm.company.settings import CompanySettings
from crm.company.simulate import SimulatedCompany, simulate
from crm.company.truth import Truth
from crm.company.truth_files import read_truth, write_truth
from crm.company.write import write_company

__all__ = [
    "CompanySettings",
    "SimulatedCompany",
    "Truth",
    "read_truth",
    "simulate",
    "write_company",
    "write_truth",
]
