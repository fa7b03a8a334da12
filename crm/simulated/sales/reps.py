"""Who owns which lead: drawn at random among the reps."""

from __future__ import annotations

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.foundation.arrays import Ints

N_REPS = 12


def draw_reps(settings: CompanySettings, n_leads: int) -> Ints:
    """Draw the number, from 1 on, of the rep who would own each lead."""
    return 1 + settings.random("owners").integers(0, N_REPS, n_leads)
