"""Make an empty database of Tryton ready for leadq: company, employee, users with their groups, tiers, reasons for rejection.

Run with the Python that Tryton runs with, after ``trytond-admin -u leadq_scores``; running it again changes nothing that is
there, no password and no choice that was switched off. Passwords of new users come from the environment. Leaves out accounting:
leads need none.
"""
# SPDX-License-Identifier: GPL-3.0-or-later

import argparse
import os
import sys

from proteus import Model, config

GROUPS = {
    "leadq": ("leadq", "Sales"),
    "rep": ("Sale Opportunity", "Sales", "Party Administration"),
}
PASSWORDS = {"leadq": "LEADQ_TRYTON_PASSWORD", "rep": "REP_TRYTON_PASSWORD"}
_ANY = ("active", "in", [True, False])


def main():
    """Set up what the command line names."""
    asked = _asked()
    passwords = {kind: os.environ.get(name) for kind, name in PASSWORDS.items()}
    needed = ["leadq", *(["rep"] if asked.rep else [])]
    if missing := [PASSWORDS[kind] for kind in needed if not passwords[kind]]:
        sys.exit(f"Nothing was made: put a password for new users into {' and '.join(missing)}.")
    config.set_trytond(asked.database, config_file=asked.config)
    company = _company(asked.company, asked.currency)
    for place, code in enumerate(asked.tier):
        _choice("tier", code, place)
    for place, code in enumerate(asked.reason):
        _choice("rejection_reason", code, place)
    _user(asked.leadq_user, "leadq", company, passwords["leadq"])
    for login in asked.rep:
        _user(login, "rep", company, passwords["rep"])


def _asked():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-c", "--config", required=True, help="trytond.conf")
    parser.add_argument("-d", "--database", required=True)
    parser.add_argument("--company", default="Example")
    parser.add_argument("--currency", default="EUR")
    parser.add_argument("--leadq-user", default="leadq", help="password in LEADQ_TRYTON_PASSWORD")
    parser.add_argument("--rep", action="append", default=[], help="a user of sales, password in REP_TRYTON_PASSWORD")
    parser.add_argument("--tier", action="append", default=[], help="a tier of the agreement, best first")
    parser.add_argument("--reason", action="append", default=[], help="a reason for rejection of the agreement")
    return parser.parse_args()


def _company(name, code):
    company_model, party_model = Model.get("company.company"), Model.get("party.party")
    if found := company_model.find([("party.name", "=", name)]):
        return found[0]
    currency_model = Model.get("currency.currency")
    currency = next(iter(currency_model.find([("code", "=", code)])), None)
    if currency is None:
        currency = currency_model(name=code, symbol=code, code=code)
        currency.save()
    party = party_model(name=name)
    party.save()
    company = company_model(party=party, currency=currency)
    company.save()
    return company


def _choice(kind, code, place):
    model = Model.get("leadq.choice")
    if not model.find([("kind", "=", kind), ("code", "=", code), _ANY]):
        model(kind=kind, code=code, label=code.replace("_", " ").capitalize(), sequence=place).save()


def _user(login, kind, company, password):
    model = Model.get("res.user")
    user = next(iter(model.find([("login", "=", login), _ANY])), None) or model(
        name=login, login=login, password=password
    )
    for group in Model.get("res.group").find([("name", "in", GROUPS[kind])]):
        if group not in user.groups:
            user.groups.append(group)
    if company not in user.companies:
        user.companies.append(company)
        user.company = company
    if not user.employees:
        user.employees.append(_employee(login, company))
        user.employee = user.employees[0]
    user.save()


def _employee(name, company):
    party = Model.get("party.party")(name=name)
    party.save()
    employee = Model.get("company.employee")(party=party, company=company)
    employee.save()
    return employee


if __name__ == "__main__":
    main()
