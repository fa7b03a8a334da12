"""Names of months in thirty languages, as the Unicode CLDR has them (through Babel), small letters, without a final point.

A name that is one month in one language and another month in another (lis, listopad) counts only beside names that tell which.
"""

from __future__ import annotations

from collections.abc import Collection

_NAMES = {
    1: """
    ene enero gen gener gennaio ian ianuarie jaan jaanuar jan janeiro januar januari january január
    januára janv janvier janvāris jän jänner led leden ledna oca ocak saus sausio sausis sij
    siječanj siječnja sty styczeń stycznia tammi tammikuu tammikuuta ιαν ιανουάριοσ ιανουαρίου січ
    січень січня янв январь января яну януари
    """,
    2: """
    feb febbraio febr febrer febrero februar februari februarie february február februára februāris
    fev fevereiro févr février helmi helmikuu helmikuuta lut lutego luty vas vasario vasaris veebr
    veebruar velj veljača veljače úno únor února şub şubat φεβ φεβρουάριοσ φεβρουαρίου лют лютий
    лютого фев февр февраль февраля февруари
    """,
    3: """
    bře březen března kov kovas kovo maalis maaliskuu maaliskuuta maart maerz mar marca march marec
    maret mars mart martie marts marzec marzo març março mrt mrz márc március mär märts märz ožu
    ožujak ožujka μάρ μάρτιοσ μαρ μαρτίου бер березень березня мар март марта
    """,
    4: """
    abr abril apr april aprile aprilie aprill apríl apríla aprīlis avr avril bal balandis balandžio
    dub duben dubna d’abr d’abril huhti huhtikuu huhtikuuta kwi kwiecień kwietnia nis nisan tra
    travanj travnja ápr április απρ απρίλιοσ απριλίου апр апрель апреля април квіт квітень квітня
    """,
    5: """
    geg gegužė gegužės kvě květen května mag maggio mai maig maijs maio maj maja may mayo mayıs mei
    máj mája május svi svibanj svibnja touko toukokuu toukokuuta μάι μάιοσ μαΐ μαΐου май мая
    трав травень травня
    """,
    6: """
    birž birželio birželis cze czerwca czerwiec giu giugno haz haziran iun iunie juin jun june junho
    juni junij junio juny juuni jún júna június jūn jūnijs kesä kesäkuu kesäkuuta lipanj lipnja
    červen června čvn ιουν ιουνίου ιούν ιούνιοσ июн июнь июня черв червень червня юни
    """,
    7: """
    heinä heinäkuu heinäkuuta iul iulie juil juillet jul julho juli julij julio juliol july juuli
    júl júla július jūl jūlijs liep liepa liepos lipca lipiec lug luglio srpanj srpnja tem temmuz
    července červenec čvc ιουλ ιουλίου ιούλ ιούλιοσ июл июль июля лип липень липня юли
    """,
    8: """
    ago agost agosto agu agustus aout août aug august augusta augusti augusts augustus augusztus avg
    avgust ağu ağustos d’ag d’agost elo elokuu elokuuta kol kolovoz kolovoza rugp rugpjūtis
    rugpjūčio sie sierpień sierpnia srpen srpna αυγ αυγούστου αύγ αύγουστοσ авг август августа серп
    серпень серпня
    """,
    9: """
    eyl eylül rugs rugsėjis rugsėjo ruj rujan rujna sep sept septembar september septembra septembre
    septembrie septembris septiembre set setembre setembro settembre syys syyskuu syyskuuta szept
    szeptember wrz wrzesień września zář září σεπ σεπτέμβριοσ σεπτεμβρίου вер вересень вересня сент
    сентябрь сентября сеп септември
    """,
    10: """
    d’oct d’octubre eki ekim loka lokakuu lokakuuta oct october octobre octombrie octubre okt
    oktobar oktober oktobris oktoober október októbra ott ottobre out outubro paź październik
    października spal spalio spalis říj říjen října οκτ οκτωβρίου οκτώβριοσ жовт жовтень жовтня окт
    октомври октябрь октября
    """,
    11: """
    kas kasım lapkr lapkritis lapkričio listopadu marras marraskuu marraskuuta noiembrie nov
    novembar november novembra novembre novembris novembro noviembre stu studeni studenoga νοέ
    νοέμβριοσ νοε νοεμβρίου лист листопад листопада ное ноември нояб ноябрь ноября
    """,
    12: """
    ara aralık dec decembar december decembra decembrie decembris des desember desembre dets
    detsember dez dezember dezembro dic dicembre diciembre déc décembre gru grudnia grudzień gruod
    gruodis gruodžio joulu joulukuu joulukuuta pro prosinac prosinca prosince prosinec δεκ
    δεκέμβριοσ δεκεμβρίου груд грудень грудня дек декабрь декабря декември
    """,
}
MONTHS: dict[str, int] = {word: month for month, words in _NAMES.items() for word in words.split()}
POLISH_OR_CZECH: dict[str, int] = {"lis": 11, "listopad": 11, "listopada": 11, "lip": 7, "srp": 8}
"""What these names mean in Polish and Czech; in Croatian each is another month. Read where a format has ``%B``."""
_THEIRS = """
    sty styczeń stycznia lut lutego kwi kwiecień kwietnia cze czerwca czerwiec lipca lipiec sie sierpień sierpnia wrz wrzesień
    września paź październik października gru grudnia grudzień led leden ledna úno únor února bře březen března dub duben dubna kvě
    květen května čvn červen června čvc červenec července zář září říj říjen října prosinec prosince listopadu
"""
_CROATIAN = """
    sij siječanj siječnja velj veljača veljače ožu ožujak ožujka tra travanj travnja svi svibanj svibnja lipanj lipnja srpanj srpnja
    kol kolovoz kolovoza ruj rujan rujna stu studeni studenoga prosinac prosinca
"""


def are_polish_or_czech(words: Collection[str]) -> bool:
    """Whether names of months, in small letters, are Polish or Czech and not Croatian.

    >>> are_polish_or_czech({"lis", "paź"}), are_polish_or_czech({"lis", "stu"}), are_polish_or_czech({"lis"})
    (True, False, False)
    """
    return not set(_THEIRS.split()).isdisjoint(words) and set(_CROATIAN.split()).isdisjoint(words)
