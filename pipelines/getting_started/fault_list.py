"""What ``leadq demo --plant list`` says: the faults that can be planted into the simulated company."""

from __future__ import annotations

from leadq.crm.simulated.faults.planted import FAULTS, WHOLE_COMPANIES
from leadq.pipelines.console.command_result import Told


def fault_list() -> Told:
    """Return every fault and every whole company by name, in plain words."""
    width = max(len(name) for name in (*FAULTS, *WHOLE_COMPANIES)) + 2
    parts = [
        "Faults: plant one or several, each into a clean company",
        *(f"  {name:<{width}}{words}" for name, words in FAULTS.items()),
        "",
        "Whole companies: plant one alone",
        *(f"  {name:<{width}}{words}" for name, words in WHOLE_COMPANIES.items()),
    ]
    return Told(facts={"faults": FAULTS, "companies": WHOLE_COMPANIES}, words="\n".join(parts))
