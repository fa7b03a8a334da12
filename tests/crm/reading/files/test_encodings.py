"""The encoding of a file is found, or its doubt is said with the line that settles it; letters are never spoilt in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from leadq.crm.reading.sources.files.encodings import look_for_encoding
from leadq.crm.reading.sources.loaded_file import FileProblem
from leadq.crm.storage.source_locations import Place
from tests.crm.reading.files.conftest import Read, Refused

WORDS: dict[str, tuple[str, ...]] = {
    "cp1252 German": ("Geschäft verloren", "Größe", "Köln", "Bürobedarf", "Süd"),
    "cp1252 French": ("Gagné", "Société", "Île-de-France", "Forêt", "Chaîne"),
    "cp1252 Spanish": ("España", "Construcción", "Niño", "Educación"),
    "cp1252 Portuguese": ("Não", "São Paulo", "Negociação", "Indústria"),
    "cp1252 Danish": ("Ærø", "København", "Rådgivning", "Sønderborg"),
    "cp1252 signs": ("it’s fine", "“quoted”", "5 € a piece", "a – b"),
    "cp1250 Czech": ("Dvořák", "Němec", "Vyhráno", "Průmysl", "Říčany"),
    "cp1250 Polish": ("Łódź", "Kraków", "Spółka", "Źródło"),
    "cp1250 Hungarian": ("Győr", "Kőbánya", "Építőipar", "Egészségügy"),
    "iso8859_2 Polish": ("Łódź", "Gdańsk", "Spółka", "Źródło", "usługi"),
    "cp852 Polish": ("Łódź", "Gdańsk", "Spółka", "Źródło"),
    "cp1251 Russian": ("Выиграно", "Потеряна", "Холодный звонок", "Строительство"),
    "cp1251 Ukrainian": ("Виграно", "Втрачено", "Джерело", "Київ"),
    "koi8_r Russian": ("Выиграно", "Потеряна", "Источник", "Строительство"),
    "cp866 Russian": ("Выиграно", "Потеряна", "Источник", "Строительство"),
    "cp1253 Greek": ("Κερδισμένη", "Χαμένη", "Αθήνα", "Κατασκευές"),
    "cp1254 Turkish": ("Kazanıldı", "İstanbul", "Şirket", "Eğitim", "Müşteri"),
    "cp1255 Hebrew": ("זכייה", "הפסד", "מקור", "בנייה"),
    "cp1256 Arabic": ("فاز", "خسر", "المصدر", "البناء والتشييد"),
    "cp1257 Lithuanian": ("Laimėta", "Šiauliai", "Žemės ūkis", "Įmonė", "Ryšių"),
    "cp874 Thai": ("ชนะ", "แพ้", "แหล่งที่มา", "อุตสาหกรรม"),
    "cp932 Japanese": ("受注", "失注", "リードソース", "株式会社", "ウェブサイト"),
    "euc_jp Japanese": ("受注", "商談中", "リードソース", "株式会社", "従業員数"),
    "gb18030 Chinese": ("赢单", "来源", "行业", "建筑业", "员工人数"),
    "big5 Chinese": ("成交", "失敗", "來源", "建築業", "員工人數"),
    "cp949 Korean": ("성사", "실패", "출처", "건설업", "소프트웨어"),
    "iso2022_jp Japanese": ("受注", "失注", "リードソース"),
    "mac_roman German": ("Geschäft verloren", "Größe", "Köln"),
    "cp850 German": ("Geschäft verloren", "Größe", "Köln"),
    "cp437 German": ("Geschäft verloren", "Größe", "Köln"),
    "utf-16-le Chinese": ("赢单", "来源", "行业", "建筑业"),
    "utf-16-be Russian": ("Выиграно", "Потеряна"),
}


def written(words: tuple[str, ...]) -> str:
    return "id,stage,number\n" + "".join(f"L{n:04d},{words[n % len(words)]},{n}\n" for n in range(60))


@pytest.mark.parametrize("kind", WORDS)
def test_letters_are_read_or_the_doubt_names_the_line_that_reads_them(read: Read, tmp_path: Path, kind: str) -> None:
    codec, words = kind.split(maxsplit=1)[0], WORDS[kind]
    path = tmp_path / "leads.csv"
    path.write_bytes(written(words).encode(codec))
    looked = look_for_encoding(path)
    found, doubt = looked.codec, looked.doubt
    try:
        rows = read(path)[1]
        assert not doubt
    except FileProblem as stopped:
        assert doubt
        line = re.search(r"encoding: ([\w-]+)", stopped.problem.remedy)
        assert line is not None
        assert line[1] == found
        rows = read(path, encoding=line[1])[1]
    assert [row["stage"] for row in rows] == [words[n % len(words)] for n in range(60)]


def test_lines_of_a_mac_with_line_ends_in_cells_are_in_an_encoding_of_a_mac(tmp_path: Path) -> None:
    rows = "".join(f'L{n:04d},Schlüsselkunde,"two\nlines"\r' for n in range(60))
    (tmp_path / "leads.csv").write_bytes(f"id,stage,remark\r{rows}".encode("mac_roman"))
    looked = look_for_encoding(tmp_path / "leads.csv")
    assert (looked.codec, looked.doubt) == ("mac_roman", "")


def test_thousands_of_amounts_are_no_words_of_another_alphabet(tmp_path: Path) -> None:
    rows = "".join(f"L{n:04d};Schlüsselkunde;€ {n}.{n % 1000:03d},50\r" for n in range(600))
    (tmp_path / "leads.csv").write_bytes(f"id;stage;Betrag\r{rows}".encode("mac_roman"))
    looked = look_for_encoding(tmp_path / "leads.csv")
    assert (looked.codec, looked.doubt) == ("mac_roman", "")


def test_the_only_letter_far_inside_a_long_text_is_looked_at(read: Read, tmp_path: Path) -> None:
    note = "a long note, which goes on. " * 20
    (tmp_path / "leads.csv").write_bytes(f"id;note\n1;{note}Geschäft in Köln\n2;Größe\n".encode("cp1252"))
    assert read(tmp_path / "leads.csv")[1][0]["note"].endswith("Geschäft in Köln")
    (tmp_path / "one.csv").write_bytes(f"id;note\n1;{note}Köln\n".encode("cp1252"))
    assert look_for_encoding(tmp_path / "one.csv").codec == "cp1252"


def test_what_two_encodings_read_differently_is_refused_with_both_readings(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(written(("Espa\xf1a", "Ca\xf1a")).encode("latin-1"))
    problem = refused(path)
    assert "'España' (cp1252) or 'Espańa' (cp1250)" in problem.value
    assert "encoding: cp1252" in problem.remedy
    assert "encoding: cp1250" in problem.remedy


def test_found_by_letters_is_said(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(written(WORDS["cp1251 Russian"]).encode("cp1251"))
    assert "cp1251" in read(path)[0].notes[0]
    assert not read(path, encoding="cp1251")[0].notes


def test_a_few_broken_bytes_in_utf8_are_named_and_the_remedy_reads_on(
    read: Read, refused: Refused, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(written(("Größe", "Köln")).encode() + b"L9999,M\xfcller,1\n")
    problem = refused(path)
    assert "line 62" in problem.value
    line = re.search(r"encoding: ([\w:-]+)", problem.remedy)
    assert line is not None
    assert read(path, encoding=line[1])[1][-1]["stage"] == "M\ufffdller"


@pytest.mark.parametrize(
    ("stage", "meant"),
    [
        ("Müller".encode().decode("cp1252"), "Müller"),
        ("Größe".encode().decode("latin-1"), "Größe"),
        ("Выиграно".encode().decode("cp1251", "replace"), "Выиграно"),
        ("5 €".encode().decode("cp1252"), "5 €"),
    ],
)
def test_letters_spoilt_before_the_export_are_said(read: Read, tmp_path: Path, stage: str, meant: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(written(("won", stage)).encode())
    assert repr(meant)[1:-1] in " ".join(read(path)[0].notes)


@pytest.mark.parametrize("stage", ["naïve café", "Ångström", "São João", "Ærø 50 % ½", "Â", "Привет", "Ã"])
def test_plain_letters_are_not_called_spoilt(read: Read, tmp_path: Path, stage: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(written(("won", stage)).encode())
    assert not read(path)[0].notes


def test_a_wrong_encoding_is_refused_with_the_right_one(read: Read, refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(written(("Größe", "Köln")).encode())
    assert refused(path, encoding="cp1252").value == "UTF-8"
    assert read(path, encoding="utf-8")[1][0]["stage"] == "Größe"
    path.write_bytes(written(WORDS["cp1251 Russian"]).encode("cp1251"))
    problem = refused(path, encoding="utf-8")
    assert "line 2" in problem.value
    assert "encoding: cp1251" in problem.remedy
    assert "encoding: cp1251" in refused(path, encoding="cp932").remedy


@pytest.mark.parametrize(
    "name", ["cp1251", "windows-1250", "shift_jis", "utf-16-le", "latin-1", "cp037", "utf-8:replace"]
)
def test_any_encoding_of_text_is_taken(read: Read, tmp_path: Path, name: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(written(("won", "lost")).encode(name.split(":", maxsplit=1)[0]))
    assert read(path, encoding=name)[1][1]["stage"] == "lost"


@pytest.mark.parametrize(
    "name",
    [
        "rot13",
        "zip_codec",
        "base64",
        "hex",
        "idna",
        "punycode",
        "raw_unicode_escape",
        "unicode_escape",
        "undefined",
        "x",
        "",
    ],
)
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="must be an encoding of text"):
        Place.model_validate({"path": "leads.csv", "encoding": name})
