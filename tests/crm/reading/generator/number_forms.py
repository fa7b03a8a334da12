"""How exports write numbers: decimal sign, thousands, currency, negative numbers, percent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NumberForm:
    """A way of writing numbers: ``decimal`` and ``thousands`` signs, what stands ``before`` and ``after``, how less than zero looks."""

    name: str
    decimal: str = "."
    thousands: str = ""
    before: str = ""
    after: str = ""
    negative: str = "-{}"
    indian: bool = False
    exponent: bool = False

    def write(self, value: float, decimals: int) -> str:
        """Return ``value`` with so many decimals."""
        if self.exponent and decimals:
            return f"{value:.6E}".replace(".", self.decimal)
        whole, _, rest = f"{abs(value):.{decimals}f}".partition(".")
        text = self._grouped(whole) + (self.decimal + rest if rest else "")
        text = f"{self.before}{text}{self.after}"
        return self.negative.format(text) if value < 0 else text

    def bare(self) -> NumberForm:
        """Return the form without currency."""
        return NumberForm(f"{self.name} bare", self.decimal, self.thousands, indian=self.indian)

    def _grouped(self, whole: str) -> str:
        if not self.thousands or len(whole) <= 3:
            return whole
        head, tail = whole[:-3], whole[-3:]
        size = 2 if self.indian else 3
        parts = []
        while len(head) > size:
            parts.insert(0, head[-size:])
            head = head[:-size]
        return self.thousands.join([head, *parts, tail])


NARROW, NO_BREAK = "\u202f", "\u00a0"
POINT = [
    NumberForm("1234.5"),
    NumberForm("1,234.50", thousands=","),
    NumberForm("1'234.50", thousands="'"),
    NumberForm("1\u2019234.50", thousands="\u2019"),
    NumberForm("1 234.50", thousands=" "),
    NumberForm("1,23,456.50", thousands=",", indian=True),
]
COMMA = [
    NumberForm("1234,5", ","),
    NumberForm("1.234,50", ",", "."),
    NumberForm("1 234,50", ",", " "),
    NumberForm("1_234,50 no-break", ",", NO_BREAK),
    NumberForm("1_234,50 narrow", ",", NARROW),
]
MONEY = [
    NumberForm("$1,234.50", thousands=",", before="$"),
    NumberForm("USD 1,234.50", thousands=",", before="USD "),
    NumberForm("1,234.50 USD", thousands=",", after=" USD"),
    NumberForm("£1,234.50", thousands=",", before="£"),
    NumberForm("€1,234.50", thousands=",", before="€"),
    NumberForm("CHF 1'234.50", thousands="'", before="CHF "),
    NumberForm("€ 1.234,50", ",", ".", before="€ "),
    NumberForm("1.234,50 €", ",", ".", after=" €"),
    NumberForm("1234,50€", ",", after="€"),
    NumberForm("EUR 1.234,50", ",", ".", before="EUR "),
    NumberForm("R$ 1.234,50", ",", ".", before="R$ "),
    NumberForm("1 234,50 zł", ",", NO_BREAK, after=f"{NO_BREAK}zł"),
    NumberForm("1 234,50 kr", ",", " ", after=" kr"),
    NumberForm("1 234,50 €", ",", NARROW, after=f"{NO_BREAK}€"),
]
EXPONENT = [NumberForm("1.2345E+03", exponent=True), NumberForm("1,2345E+03", ",", exponent=True)]
NEGATIVE = ["-{}", "{}-", "({})", "\u2212{}", "- {}"]
