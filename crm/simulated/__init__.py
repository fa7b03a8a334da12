"""A simulated company: two years of CRM tables with every trouble of the real thing, and apart from them the truth.

Faults of sales and marketing can be planted into it, by name (``faults``); ``sales`` says how a clean company works. Its tables stand in
``tables``. It knows no feature and no model: what is claimed on it must hold on real data, too.
"""

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.faults.planted import PlantedFaults
from leadq.crm.simulated.simulate import SimulatedCompany, simulate
from leadq.crm.simulated.tables.company_files import write_company
from leadq.crm.simulated.truth import Truth
from leadq.crm.simulated.truth_files import read_truth, write_planted, write_truth

__all__ = [
    "CompanySettings",
    "PlantedFaults",
    "SimulatedCompany",
    "Truth",
    "read_truth",
    "simulate",
    "write_company",
    "write_planted",
    "write_truth",
]
