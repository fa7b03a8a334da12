"""What a title says of its owner's role, in the contract's words; proposed only, and a person puts it right."""

from __future__ import annotations

import re

from leadq.crm.reading.values.words.folded_words import folded, unaccented

_MARKETING = r"market|\bmkt\b|demand gen|growth|campaign|content|brand|kampagn|communicat|kommunikation|маркет|マーケ|市场|营销|마케"
_SALES = (
    r"sales|\bae\b|\bsdrs?\b|\bbdrs?\b|\bisr\b|account (?:executive|manager|director)|business develop|\breps?\b|seller|presales|vertrieb"
    r"|verkauf|aussendienst|innendienst|commercial|vente|ventas?|vendedor|vendit|vendas?\b|verkoop|verkoper|forsalj"
    r"|saljare|\bsalg|\bsaelg|\bselger|myynti|myyja|sprzedaz|handlow|obchod|predaj|ertekesit|vanzari|satis|продаж|営業|销售|영업"
)
_LEADS = (
    r"\bhead\b|director|\bvp\b|vice president|chief|\bcro\b|\bcso\b|\blead\b|leader|supervisor|leiter|leitung|\bchef|directeur"
    r"|responsable|gerente|jefe|direttore|responsabile|diretor|manager verkoop|sales ?manager|regional manager|area manager"
    r"|hoofd|leder|johtaja|paallikko|dyrektor|kierownik|reditel|vedouci|директор|руководитель|начальник|部長|課長|经理|总监|팀장|부장"
)


def role_of(title: str) -> str:
    """Return the role that a title names.

    >>> role_of("Account Executive"), role_of("Vertriebsleiterin"), role_of("Marketing Manager"), role_of("Lead Queue")
    ('sales', 'sales_manager', 'marketing', 'other')
    """
    said = unaccented(folded(title.replace("_", " ")))
    if re.search(_MARKETING, said):
        return "marketing"
    if not re.search(_SALES, said):
        return "other"
    return "sales_manager" if re.search(_LEADS, said) else "sales"
