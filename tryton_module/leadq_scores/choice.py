"""Words that may stand in a picklist of ours: tiers and reasons for rejection, as the agreement names them."""
# SPDX-License-Identifier: GPL-3.0-or-later

from trytond.cache import Cache
from trytond.model import DeactivableMixin, ModelSQL, ModelView, Unique, fields, sequence_ordered


class Choice(sequence_ordered(), DeactivableMixin, ModelSQL, ModelView):
    """A tier or a reason for rejection; one that is switched off is offered no more, and stays where it stands."""

    __name__ = "leadq.choice"

    kind = fields.Selection([("tier", "Tier"), ("rejection_reason", "Rejection reason")], "Kind", required=True)
    code = fields.Char("Code", required=True)
    label = fields.Char("Label", required=True)
    _known = Cache("leadq.choice.known", context=False)  # a selection is asked for once a record when it is validated

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints = [
            ("kind_code_unique", Unique(table, table.kind, table.code), "leadq_scores.msg_choice_unique"),
        ]

    def get_rec_name(self, name):  # noqa: ARG002 - Tryton's signature
        """Return what a person reads."""
        return self.label

    @classmethod
    def of(cls, kind, held=None):
        """Return the choices of a kind as a selection takes them, an empty one first.

        Parameters
        ----------
        kind : str
        held : str, optional
            What the record holds: it is among them, even if it was switched off since.
        """
        known = cls._known.get(kind)
        if known is None:
            found = cls.search([("kind", "=", kind), ("active", "in", [True, False])])
            known = [(choice.code, choice.label, choice.active) for choice in found]
            cls._known.set(kind, known)
        return [(None, ""), *((code, label) for code, label, active in known if active or code == held)]

    @classmethod
    def on_modification(cls, mode, choices, field_names=None):
        """Forget what was offered."""
        super().on_modification(mode, choices, field_names=field_names)
        cls._known.clear()
