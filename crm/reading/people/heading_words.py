"""Words of headings by what they say of a column, in the languages of exports, folded (no accents, lower case).

What stands in two scripts is told apart by :mod:`leadq.crm.reading.people.headings`; words of scripts without blanks are looked for
inside the heading.
"""

from __future__ import annotations

NAMES = frozenset(
    # given, family, full and birth names
    "firstname lastname fullname forename surname middlename maidenname givenname familyname initials salutationname"
    " vorname vornamen nachname nachnamen familienname geburtsname rufname zuname kundenname kontaktname ansprechpartnername personenname zweitname"
    " prenom prenoms patronyme apellido apellidos cognome cognomi sobrenome sobrenomes apelido"
    " voornaam achternaam familienaam tussenvoegsel roepnaam voorletters imie imiona nazwisko fornavn etternavn efternavn mellemnavn fornamn efternamn"
    " etunimi sukunimi jmeno prijmeni krestni meno priezvisko keresztnev vezeteknev utonev csaladnev soyad soyadi isim prenume"
    " имя фамилия отчество фио ім'я прізвище име презиме bynavn ime prezime priimek vardas pavarde vards uzvards eesnimi perekonnanimi"
    " όνομα επωνυμο ονομα επώνυμο الاسم שם".split()
)
"""A heading of one of these, or with one beside words of people, is a person's name."""
BARE = frozenset("name names nom noms nombre nombres nome nomi nomes naam namn navn nimi nev ad adi adsoyad nume nazwa имя שם اسم".split())
"""Names of anything: a person's where the heading says nothing else, or a word of people beside it."""
WHOSE = frozenset(
    "first last full middle family given maiden contact person customer client buyer lead prospect user patient member guest employee applicant"
    " kontakt kontakts kunde kunden person personen ansprechpartner interessent contacto cliente persona contatto client personne klant contactpersoon klient"
    " osoba kontaktperson complet completo completa compleet volledige cely teljes tam display nick preferred famille familia famiglia клиента контакта contatto".split()
)
"""Beside a bare name these make it a person's."""
OTHERS = frozenset(
    "company firma firmen unternehmen unternehmens organisation organization organisations account accounts business employer arbeitgeber enterprise entreprise empresa"
    " azienda bedrijf bedrijfs societe firmy campaign kampagne kampagnen product produkt produit producto prodotto item artikel stage phase pipeline deal opportunity"
    " event list file page domain host brand region country city state team group gruppe category field form project projekt source list segment store shop plan package"
    " industry branch agency partner event course kurs school bank device browser app software model currency owner".split()
)
"""What has a name and is no person."""
DETAILS = frozenset(
    # mail and social
    "email emails mail emailadresse mailadresse emailaddress courriel correo correio mejl sahkoposti eposta epost почта σμ skype whatsapp linkedin twitter telegram wechat xing"
    # phone
    " phone phones mobile telephone tel fax cell cellphone telefon telefonnummer telefonnr telefono telefone telefoon telefoonnummer telefoonnr telefonnumer telefonu telefonszam telefonni"
    " handy handynummer handynr mobil mobilnummer mobilnr mobiltelefon mobiltelefonnummer festnetz rufnummer faxnummer portable cellulare celular movil movel telemovel mobiel gsm komorka komorkowy"
    " tlf tlfnr puhelin puhelinnumero matkapuhelin phonenumber mobilenumber msisdn cep телефон мобильный тел τηλεφωνο הטלפון טלפון נייד الهاتف الجوال هاتف"
    # address
    " street address addresses postcode zip zipcode postalcode adresse anschrift strasse hausnummer hausnr plz postleitzahl rue calle direccion indirizzo endereco morada adres"
    " straat huisnummer ulica adress gatuadress postnummer postnr osoite postinumero adresa adresy psc lakcim iranyitoszam mahalle sokak codepostal адрес индекс улица адреса διευθυνση"
    " כתובת العنوان"
    # papers and numbers of a person
    " ssn iban bic passport passeport pasaporte passaporto reisepass nif nie dni cpf pesel bsn cpr personnummer personnummer sozialversicherungsnummer steuerid rodne codicefiscale"
    " kontonummer accountnumber creditcard kreditkarte cardnumber username benutzername login nickname gebruikersnaam ip ipaddress ipadresse паспорт снилс".split()
)
"""What reaches or names a person; harmless where the values are flags, small numbers or few words."""
ALWAYS = frozenset(
    # birth
    "birthdate birthday dob birth born geburtsdatum geburtstag geburtsjahr geburtsort geburt gebdatum gebdat geb naissance nacimiento nascita nascimento geboortedatum geboorte"
    " geboorteplaats urodzenia fodselsdato fodselsdag fodselsar fodt fodelsedatum fodelsedag fodelsear syntymaaika syntymapaiva narozeni narodenia szuletesi szuletes dogum nasterii рождения народження γεννησης"
    # sex and form of address
    " gender sex geschlecht anrede salutation civilite sexe sexo genero sesso geslacht aanhef plec kjonn kon sukupuoli cinsiyet pohlavi pohlavie nem neme osloveni megszolitas tilltal hitap пол стать φυλο מין الجنس"
    # religion, nationality, origin
    " religion religious konfession confession religione religie religia religie vallas uskonto вероисповедание nationality nationalitat nationalitaet nationalities staatsangehorigkeit"
    " staatsangehoerigkeit staatsburgerschaft nationalite nacionalidad nazionalita nacionalidade nationaliteit narodowosc obywatelstwo nationalitet kansalaisuus narodnost allampolgarsag uyruk"
    " citizenship ethnicity ethnic гражданство национальность".split()
)
"""What is personal however it is written, flags and few words as well."""
PEOPLE = frozenset(
    "agent rep manager contact contacts person persons people representative employee seller salesperson salesman owner buyer decider champion sponsor recruiter referrer referred advisor"
    " adviser consultant assignee assigned creator createdby modifiedby author attendee decision maker kontakt kontakte kontaktperson ansprechpartner ansprechpartnerin ansprechperson entscheider entscheiderin"
    " berater beraterin betreuer betreuerin verkaufer verkaeufer verkauferin vertriebler sachbearbeiter mitarbeiter mitarbeiterin bearbeiter zustandig zustaendig verantwortlich verantwortlicher inhaber"
    " eigentumer einkaufer geschaftsfuhrer interessent vertreter vermittler werber empfehler kunde kundin patient teilnehmer contacto vendedor vendedora comprador responsable responsabile responsavel comercial commercial vendeur vendeuse"
    " interlocuteur interlocutor decideur acheteur conseiller proprietaire contatto venditore referente proprietario acquirente contato persona personne osoba kontaktni kontaktowa"
    " contactpersoon verkoper eigenaar beslisser klant medewerker accountmanager opiekun handlowiec wlasciciel decydent kontaktperson saelger selger saljare agare eier ejer kundeansvarlig ansvarig ansvarlig myyja omistaja"
    " prodejce obchodnik vlastnik kapcsolattarto ertekesito tulajdonos yetkili temsilci sorumlu musteri kisi customer client cliente klient reporter signer signatory"
    " менеджер контакт ответственный владелец клиент лицо сотрудник продавец покупатель".split()
)
"""A column of people, if its values have the form of names."""
COUNTED = frozenset(
    "count counts total number opens opened clicks clicked bounces replies visits sent sends rate share percent percentage anzahl summe nombre_de zahl score verified valid optin opt consent permission"
    " allowed status type kind provider domain has is available support".split()
)
INSIDE_NAMES = ("氏名", "姓名", "お名前", "名字", "성명", "성함", "フリガナ", "ふりがな", "苗字", "ชื่อ")
INSIDE_DETAILS = (
    "電話", "携帯", "メール", "住所", "郵便番号", "电话", "電話", "手机", "手機", "邮箱", "信箱", "电邮", "地址", "邮编", "身份证", "身份證", "微信", "전화", "휴대폰", "핸드폰", "연락처", "이메일", "주소", "우편번호", "주민등록번호",
)  # fmt: skip
INSIDE_ALWAYS = ("生年月日", "誕生日", "性別", "国籍", "國籍", "出生", "生日", "性别", "民族", "생년월일", "생일", "성별", "국적", "宗教", "종교")
INSIDE_PEOPLE = ("担当者", "連絡先", "联系人", "聯絡人", "负责人", "客户", "顧客", "담당자", "고객", "営業担当", "决策者", "销售员", "意思決定者")
WHOLE_NAMES = frozenset({"名前", "이름", "名", "姓", "性名"})
