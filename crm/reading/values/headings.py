"""What a heading says about values that may be either: 45299 under "Created" is a day of a spreadsheet, under "Visits" a number."""

from __future__ import annotations

import re

_TIMES = re.compile(
    r"(^|_)(date|time|timestamp|datetime|day|created|create|closed|close|modified|updated|opened|due|birth|start|end|on|at|since"
    r"|datum|zeit|zeitpunkt|erstellt|angelegt|geschlossen|abschluss|geaendert|geändert|eingang|beginn|ende|am|fecha|hora|creado"
    r"|creada|cierre|modificado|inicio|fin|creation|création|créé|cloture|clôture|modifié|début|data|ora|creazione|chiusura"
    r"|criado|criada|criacao|criação|fechamento|aangemaakt|gesloten|gewijzigd|utworzono|zamknięcia|skapad|oprettet|opprettet"
    r"|luotu|vytvořeno|létrehozva|tarih|tarihi|дата|время|создания|закрытия|日|日付|日時|作成日|時間|日期|时间|날짜|일자)(_|$)"
)
_JOINED = re.compile(r"(date|time|datum|zeit|tijd|fecha|created|closed|modified|日|日時|日期|时间)$")


def names_a_time(heading: str) -> bool:
    """Whether a heading says that its column holds days or times.

    >>> names_a_time("createdate"), names_a_time("Last Modified"), names_a_time("Employees")
    (True, True, False)
    """
    words = re.sub(r"([a-zäöü])([A-Z])", r"\1_\2", heading)
    folded = re.sub(r"[\W_]+", "_", words.casefold()).strip("_")
    return _TIMES.search(folded) is not None or _JOINED.search(folded) is not None
