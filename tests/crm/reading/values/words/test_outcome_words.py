"""What outcome words say, in the languages of exports; a word that is not plain is never guessed."""

from __future__ import annotations

import pytest

from leadq.crm.reading.values.words.outcome_words import flag, judge, says_closed

WON = (
    "Closed Won|Closed - Won|closedwon|CLOSED_WON|Closed won (Sales Pipeline)|6 - Won|05. Closed Won|Stage 6: Closed Won|Won!|Ｗｏｎ"
    "|100% - Closed Won|Won - new business|Won\u200b|\ufeffWon\u00a0|Converted|Closed - Converted|Customer|Deal won|Gewonnen"
    "|Abgeschlossen und gewonnen|Gagné|GAGNÉE|Gagne\u0301|Ganado|Cerrada ganada|Vinto|Chiuso vinto|Ganho|Fechado ganho|Vundet|Vunnet"
    "|Vunnen|Voitettu|Wygrana|Vyhráno|Vyhrané|Megnyert|Успешно реализовано|Сделка успешна|Виграно|Kazanıldı|KAZANILDI|Câștigat"
    "|Κερδισμένη|受注|成約|クローズ（受注）|赢单|成交|수주|수주 성공|ناجحة"
    "|Order received|PO received|Bestellung eingegangen|Commande reçue|Pedido recibido|Ordine ricevuto|Bestelling ontvangen"
)
LOST = (
    "Closed Lost|Closed-Lost to Competition|Lost - no budget|closedlost|7 - Lost|Lost - duplicate|Lost (on hold)|Lost, maybe later|Not won"
    "|Closed - Not Converted|Disqualified|Unqualified|Dead|Not interested|Bad lead|Out-Sold|Verloren|Nicht gewonnen|Kein Interesse"
    "|Abgeschlossen und verloren|Perdu|Pas gagné|Non converti|Perdido|Cerrada perdida|No ganado|Perso|Chiuso perso|Não ganho|Niet gewonnen"
    "|Tabt|Tapt|Förlorad|ikke vundet|Hävitty|Przegrana|Prohráno|Prehrané|Elveszett|Закрыто и не реализовано|Сделка провалена|Програно"
    "|неуспешно|Kaybedildi|Pierdut|Χαμένη|失注|不成立|输单|未成交|실주|수주 실패|خاسرة"
    "|Not purchased|Not approved|Never bought|Nicht verkauft|Kein Kunde|Non vendu|No vendido|Non venduto|Niet verkocht|Не продано"
)
OPEN = (
    "New|Open - Not Contacted|Working - Contacted|Qualification|Negotiation/Review|Appointment Scheduled|Proposal/Price Quote"
    "|Id. Decision Makers|2. Needs Analysis|Contract Sent (Sales Pipeline)|In Bearbeitung|En cours|Em andamento|En proceso|In corso"
    "|Wertversprechen|Verhandlung/Überprüfung|Vertrag gesendet (Vertrieb)|Propuesta de valor|Contrat envoyé (Renouvellements)|2 - Qualify"
    "|В работе|Первичный контакт|商談中|進行中|谈判审核|진행중|قيد التنفيذ|W toku|Folyamatban"
)
UNCLEAR = (
    "Won back|Won back?|Won?|Duplicate|Abandoned|Cancelled|Canceled|Junk|Spam|On hold|Closed|Recycled|Won/Lost|Won - later lost"
    "|Likely won|Almost won|To be won|Won't buy|Not yet won|Expected win|Qualified|Signed|Not lost|Existing customer|Lost customer"
    "|Won - cancelled|Possibly lost|Noch nicht gewonnen|Storniert|Geschlossen|Annulé|En attente|受注見込|未受注|保留|预计成交|수주 예정"
    "|Not approved yet|Order|Order cancelled|Yes|1|true|Blue|Wonderful|Lostwithiel|Wonderland Ltd"
)


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (verdict, word)
        for verdict, words in (("won", WON), ("lost", LOST), ("open", OPEN), ("unclear", UNCLEAR))
        for word in words.split("|")
    ],
)
def test_a_word_says_what_people_read_in_it(verdict: str, word: str) -> None:
    assert judge(word) == verdict


@pytest.mark.parametrize("frame", ["{}", " {} ", "{}!", "4 - {}", "{} (EU)", "[{}]", "\u200e{}", "{}\u00a0"])
@pytest.mark.parametrize(
    ("word", "verdict"), [("Gewonnen", "won"), ("Perdu", "lost"), ("失注", "lost"), ("Выиграно", "won")]
)
def test_punctuation_numbers_and_invisible_characters_change_nothing(frame: str, word: str, verdict: str) -> None:
    assert judge(frame.format(word)) == verdict


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("Yes", "No"), ("TRUE", "false"), ("1", "0"), ("1.0", "0.0"), ("Ja", "Nein"), ("Ja", "Nej"), ("Oui", "Non"), ("Sí", "No"),
        ("Sim", "Não"), ("Vrai", "Faux"), ("Да", "Нет"), ("Tak", "Nie"), ("Ano", "Ne"), ("Igen", "Nem"), ("Evet", "Hayır"),
        ("はい", "いいえ"), ("是", "否"), ("예", "아니오"), ("نعم", "لا"), ("y", "N"),
    ],
)  # fmt: skip
def test_flags_in_the_languages_of_exports(yes: str, no: str) -> None:
    assert flag(yes) is True
    assert flag(no) is False
    assert judge(yes) == judge(no) == "unclear"


def test_closed_says_that_and_no_more() -> None:
    assert all(says_closed(word) for word in ("Closed", "GESCHLOSSEN", "Fermée", "закрыта"))
    assert not any(says_closed(word) for word in ("Closed Won", "Open", "Lost"))


def test_a_long_text_is_no_word_of_an_outcome() -> None:
    assert judge("won " * 100) == "unclear"
