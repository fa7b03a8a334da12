"""Our fields on leads and opportunities, and every revision of them in pages."""
# SPDX-License-Identifier: GPL-3.0-or-later

import datetime

from sql import Column
from sql.conditionals import Coalesce
from sql.functions import Extract
from trytond import backend, config
from trytond.i18n import gettext
from trytond.model import fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.rpc import RPC
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

_LONGEST_TEXT = 255
_LONGEST_VERSION = 40
_WHO = frozenset({"id", "create_date", "create_uid", "write_date", "write_uid"})


def _reason(label):
    return fields.Char(label, size=_LONGEST_TEXT)


class Opportunity(metaclass=PoolMeta):
    """Scores are written by users of the group leadq alone (field access, opportunity.xml), answers by sales."""

    __name__ = "sale.opportunity"

    lq_score = fields.Integer(
        "Score",
        domain=["OR", ("lq_score", "=", None), [("lq_score", ">=", 0), ("lq_score", "<=", 100)]],
        help="Better than this many of 100 open leads.",
    )
    lq_tier = fields.Selection("get_tiers", "Tier")
    lq_chance = fields.Float(
        "Chance",
        digits=(3, 2),
        domain=["OR", ("lq_chance", "=", None), [("lq_chance", ">=", 0), ("lq_chance", "<=", 100)]],
        help="Chance in percent that the lead is won within the agreed time.",
    )
    lq_reason_1 = _reason("Reason 1")
    lq_reason_2 = _reason("Reason 2")
    lq_reason_3 = _reason("Reason 3")
    lq_reason_against_1 = _reason("Reason against 1")
    lq_reason_against_2 = _reason("Reason against 2")
    lq_reason_against_3 = _reason("Reason against 3")
    lq_scored_at = fields.DateTime("Scored at")
    lq_model_version = fields.Char("Model version", size=_LONGEST_VERSION)
    lq_status = fields.Char("Status of the score", size=_LONGEST_TEXT)
    lq_track = fields.Char("Track after a rejection", size=_LONGEST_TEXT)
    lq_next_owner = fields.Char("Next owner after a rejection", size=_LONGEST_TEXT)
    lq_wakes_at = fields.DateTime("Sleeps until")
    lq_returned_at = fields.DateTime("Came back at")
    lq_tier_override = fields.Selection("get_tiers_of_person", "Tier set by a person")
    lq_decision = fields.Selection([(None, ""), ("accepted", "Accepted"), ("rejected", "Rejected")], "Decision")
    lq_rejection_reason = fields.Selection(
        "get_rejection_reasons",
        "Reason for rejection",
        states={"required": Eval("lq_decision") == "rejected", "invisible": Eval("lq_decision") != "rejected"},
    )

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__rpc__["leadq_revisions"] = RPC()
        cls.__rpc__["leadq_notes"] = RPC()
        cls.__rpc__["leadq_looked"] = RPC()

    @fields.depends("lq_tier")
    def get_tiers(self):
        """Return the tiers of the agreement."""
        return Pool().get("leadq.choice").of("tier", self.lq_tier)

    @fields.depends("lq_tier_override")
    def get_tiers_of_person(self):
        """Return the tiers of the agreement."""
        return Pool().get("leadq.choice").of("tier", self.lq_tier_override)

    @fields.depends("lq_rejection_reason")
    def get_rejection_reasons(self):
        """Return the agreement's reasons for rejection."""
        return Pool().get("leadq.choice").of("rejection_reason", self.lq_rejection_reason)

    @classmethod
    def leadq_revisions(cls, names, after, limit):
        """Return revisions of the leads of the user's company in the order in which they were written.

        ``_datetime`` of Tryton gives all leads as of one moment; a history of many moments is one page after another here.

        Parameters
        ----------
        names : list of str
            Stored fields, beside who wrote what when.
        after : int
            Number of the last revision that is known.
        limit : int

        Returns
        -------
        list of dict
            ``revision`` is its number, ``moment`` UTC, ``user`` who wrote it.
        """
        _only_leadq()
        names = sorted(set(names) - _WHO)
        for name in names:
            field = cls._fields.get(name)
            if field is None or isinstance(field, fields.Function) or not field.sql_type():
                raise AccessError(gettext("leadq_scores.msg_no_such_field", field=name))
        pool = Pool()
        pool.get("ir.model.access").check(cls.__name__, "read")
        pool.get("ir.model.field.access").check(cls.__name__, names, "read")
        history = cls.__table_history__()
        number = Column(history, "__id")
        moment = Coalesce(history.write_date, history.create_date)
        user = Coalesce(history.write_uid, history.create_uid)
        cursor = Transaction().connection.cursor()
        cursor.execute(
            *history.select(
                number,
                history.id,
                moment,
                user,
                *(Column(history, name) for name in names),
                where=(number > int(after)) & history.company.in_(_companies()),
                order_by=number.asc,
                limit=_at_most(limit),
            )
        )
        keys = ("revision", "id", "moment", "user", *names)
        return [_row(keys, values) for values in cursor.fetchall()]

    @classmethod
    def leadq_looked(cls, ids):
        """Return when leads were last changed, as ``_timestamp`` of a write wants it, and their state.

        A tenth of what reading them costs, and leads that are not there are left out instead of refused.

        Parameters
        ----------
        ids : list of int

        Returns
        -------
        list of dict
            ``id``, ``_timestamp``, ``state``.
        """
        _only_leadq()
        companies = _companies()
        table = cls.__table__()
        text = fields.Char("timestamp").sql_type().base
        stamp = Extract("EPOCH", Coalesce(table.write_date, table.create_date)).cast(text)
        cursor = Transaction().connection.cursor()
        found = []
        for part in grouped_slice(ids, backend.MAX_QUERY_PARAMS // 2):
            wanted = fields.SQL_OPERATORS["in"](table.id, list(part)) & table.company.in_(companies)
            cursor.execute(*table.select(table.id, stamp, table.state, where=wanted))
            found += [dict(zip(("id", "_timestamp", "state"), values, strict=True)) for values in cursor.fetchall()]
        return found

    @classmethod
    def leadq_notes(cls, after, limit):
        """Return who wrote a note on a lead and when, never what it says, in the order in which notes were written.

        Notes cannot be searched over RPC, whatever the rights.

        Parameters
        ----------
        after : int
            Number of the last note that is known.
        limit : int

        Returns
        -------
        list of dict
            ``note``, ``id`` of the lead, ``moment`` (UTC), ``user``.
        """
        _only_leadq()
        note_model = Pool().get("ir.note")
        note, lead = note_model.__table__(), cls.__table__()
        of_lead = note.resource.like(f"{cls.__name__},%") & (note_model.resource.sql_id(note.resource, cls) == lead.id)
        cursor = Transaction().connection.cursor()
        cursor.execute(
            *note.join(lead, condition=of_lead).select(
                note.id,
                lead.id,
                note.create_date,
                note.create_uid,
                where=(note.id > int(after)) & lead.company.in_(_companies()),
                order_by=note.id.asc,
                limit=_at_most(limit),
            )
        )
        return [_row(("note", "id", "moment", "user"), values) for values in cursor.fetchall()]


def _at_most(limit):
    """Return as many rows as are asked for, and no more than the server gives."""
    allowed = config.getint("request", "records_limit")
    return min(int(limit), allowed) if allowed else int(limit)


def _only_leadq():
    pool = Pool()
    group = pool.get("ir.model.data").get_id("leadq_scores", "group_leadq")
    user = pool.get("res.user")
    if group not in user.get_groups() and not user.is_administrator():
        raise AccessError(gettext("leadq_scores.msg_only_leadq"))


def _companies():
    """Return the companies that the user sees; without one every answer would be empty, which no reader could tell from no leads."""
    if companies := list(Pool().get("res.user").get_companies()):
        return companies
    raise AccessError(gettext("leadq_scores.msg_no_company"))


def _row(keys, values):
    row = dict(zip(keys, values, strict=True))
    if isinstance(row["moment"], str):  # SQLite has no type for what COALESCE gives
        row["moment"] = datetime.datetime.fromisoformat(row["moment"])
    return row
