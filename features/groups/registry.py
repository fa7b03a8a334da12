"""The groups that leadq brings, in the order of their features in the catalogue; a built-in group is added to this list.

Groups of other packages are no part of it: ``plug_ins.py`` finds them, and their features come behind these.
"""

from __future__ import annotations

from leadq.features.groups.account import AccountGroup
from leadq.features.groups.company import CompanyGroup
from leadq.features.groups.intent import IntentGroup
from leadq.features.groups.origin import OriginGroup
from leadq.features.groups.own_fields import OwnFieldsGroup
from leadq.features.groups.person import PersonGroup
from leadq.features.groups.protocol import FeatureGroup
from leadq.features.groups.timing import TimingGroup

BUILT_IN: tuple[FeatureGroup, ...] = (
    CompanyGroup(),
    PersonGroup(),
    OriginGroup(),
    OwnFieldsGroup(),
    TimingGroup(),
    IntentGroup(),
    AccountGroup(),
)
