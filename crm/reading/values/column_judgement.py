"""One column under judgement: as numbers, as times, as a flag, as ids or as words, and what stays in doubt."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from leadq.crm.reading.values.column_reading import BARE, WHOLE, ColumnReading, Evidence, Kind, Wanted
from leadq.crm.reading.values.flags import flag_words
from leadq.crm.reading.values.foreign_digits import has_foreign_digits, plain_digits
from leadq.crm.reading.values.headings import names_a_time
from leadq.crm.reading.values.ids import may_lose_form
from leadq.crm.reading.values.missing import missing_words
from leadq.crm.reading.values.numbers.number_forms import NumberForm
from leadq.crm.reading.values.numbers.number_judgement import NumberJudgement, judge_numbers
from leadq.crm.reading.values.read_settings import Doubt, ReadSettings
from leadq.crm.reading.values.shapes import Shapes, find_shapes
from leadq.crm.reading.values.stated import stated_reading
from leadq.crm.reading.values.times.time_judgement import TimeJudgement, judge_times
from leadq.crm.storage.scratch_database import ROW, Relation, first_row, name, texts

_NEARLY_ALL = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnJudgement:
    """One column under judgement; ``shapes`` and ``rows`` are without the missing values."""

    column: str
    wanted: Wanted
    rows: Relation
    shapes: Shapes
    missing: tuple[str, ...]
    missing_rows: int
    has_empty: bool
    digits: bool = False

    @classmethod
    def of(
        cls, rows: Relation, column: str, wanted: Wanted, settings: ReadSettings, total: int, found: Shapes
    ) -> ColumnJudgement:
        """Take the words for missing values out of a column and of its shapes."""
        rows = rows.project(f"{ROW}, {name(column)}")  # every question is of one column, however many there are
        named = settings.named.get(column, ())
        words = (shape.example if "9" in shape.text else shape.text for shape in found.shapes)
        missing = tuple(settings.missing[column]) if column in settings.missing else missing_words(words, named=named)
        missing_rows = 0
        if missing:
            given = name(column)
            (missing_rows,) = first_row(rows.aggregate(f"count_true({given} IN {texts(missing)})"))
            rows = rows.filter(f"{given} NOT IN {texts(missing)}")
            found = (
                find_shapes(rows, [column], total=total)[column]
                if _hides_in_a_shape(missing)
                else _without(found, missing)
            )
        if digits := has_foreign_digits(found):
            rows = rows.project(f"* REPLACE ({plain_digits(name(column))} AS {name(column)})")
            found = find_shapes(rows, [column], total=total)[column]
        return cls(
            column=column, wanted=wanted, rows=rows, shapes=found, missing=missing, missing_rows=int(missing_rows),
            has_empty=found.filled < total and not found.sampled, digits=digits,
        )  # fmt: skip

    @property
    def examples(self) -> tuple[str, ...]:
        """Two values as they are written."""
        return tuple(shape.example for shape in self.shapes.shapes[:2])

    def span(self) -> tuple[float, float]:
        """Return the least and the largest of the column's values as numbers; nothing lies between those of a column without any."""
        given = f"TRY_CAST(replace({name(self.column)}, ',', '.') AS DOUBLE)"
        low, high = first_row(self.rows.aggregate(f"min({given}), max({given})"))
        return (float(low), float(high)) if low is not None else (math.inf, -math.inf)

    def _lies_in(self, span: tuple[float, float]) -> bool:
        low, high = self.span()
        return span[0] <= low <= high <= span[1]

    def times_of(self, settings: ReadSettings) -> tuple[str, ...]:
        """Forms of the column's times."""
        return self._times(settings).forms

    def numbers(self, hints: Iterable[NumberForm]) -> NumberJudgement:
        """Judge the column as numbers; nothing where it must be something else."""
        if self.wanted not in ("any", "number") or self._is_code():
            return NumberJudgement()
        enough = 0.5 if self.wanted == "number" else _NEARLY_ALL
        return judge_numbers(self.shapes, self.rows, self.column, nearly_all=enough, hints=tuple(hints))

    def _is_code(self) -> bool:
        """Whether digits with zeros before them make the column one of codes: 01234 is no number."""
        bare = [shape for shape in self.shapes.shapes if set(shape.text) == {"9"} and len(shape.text) > 1]
        return self.wanted == "any" and any(shape.example.startswith("0") for shape in bare)

    def decide(
        self, settings: ReadSettings, numbers: NumberJudgement, counted: Mapping[str, tuple[float, float]]
    ) -> tuple[ColumnReading, list[Doubt]]:
        """Return the reading and what is in doubt."""
        said = settings.read.get(self.column)
        if said is not None:
            stated = stated_reading(said, settings.zone_names)
            if stated is None:
                return self._reading("text"), [Doubt(column=self.column, what="stated", example=", ".join(said))]
            return replace(stated, missing=self.missing, digits=self.digits, evidence=self._evidence(stated)), []
        times = self._times(settings, counted) if self.wanted in ("any", "time") else TimeJudgement()
        as_others = all(form in counted and self._lies_in(counted[form]) for form in times.forms)
        trained = settings.trained.get(self.column)
        surely = self.wanted == "time" or times.sure or not numbers.forms or names_a_time(self.column)
        if times.forms and (surely or as_others):
            return self._as_times(times, trained)
        if self._is_ticked() and (trained is None or trained.kind == "flag"):
            return self._reading("flag", forms=("1",)), []
        if numbers.forms:
            return self._as_numbers(numbers, trained)
        if self.wanted == "any" and not self.shapes.sampled:
            words = [shape.text for shape in self.shapes.shapes]
            if flag := flag_words(words, has_empty=self.has_empty):
                return self._reading("flag", forms=(*sorted(flag[0]), *sorted(flag[1]))), []
        if self.wanted in ("id", "key"):
            kept = self.wanted == "key" and self._ends_in_nought() and not (trained and trained.evidence.whole)
            whole = not kept and may_lose_form(self.rows, self.column)
            return self._reading("id", forms=(WHOLE,) if whole else ()), []
        return self._reading("text"), []

    def _is_ticked(self) -> bool:
        """Whether the column holds 1 beside empty cells and nothing else, which is a box that is ticked or not."""
        single = self.wanted == "any" and self.has_empty and [shape.text for shape in self.shapes.shapes] == ["9"]
        return single and self.span() == (1.0, 1.0)

    def _ends_in_nought(self) -> bool:
        """Whether ids are written 7000.0: a table's own go back to the CRM as they were, unless they were 7000 at training."""
        return any(re.search("[.,]9{1,2}$", shape.text) for shape in self.shapes.shapes)

    def _times(self, settings: ReadSettings, as_others: Collection[str] = ()) -> TimeJudgement:
        counted = self.wanted == "time" or names_a_time(self.column) or bool(as_others)
        enough = 0.5 if self.wanted == "time" else _NEARLY_ALL
        judged = judge_times(
            self.shapes, self.rows, self.column, nearly_all=enough, zone_names=settings.zone_names, counted=counted
        )
        given = settings.time_format
        if given is None or (self.wanted != "time" and not (judged.doubt and given in judged.doubt[1])):
            return judged
        if judged.doubt:
            way = next((way for way in judged.doubt if given in way), None)
            return replace(judged, forms=way, doubt=None) if way else judged
        return judged if judged.forms else TimeJudgement(forms=(given,), fits=0)

    def _as_times(self, times: TimeJudgement, trained: ColumnReading | None) -> tuple[ColumnReading, list[Doubt]]:
        zones = tuple(sorted((times.zones or {}).items()))
        reading = self._reading("time", forms=times.forms, fits=times.fits, zones=zones, bare=times.forms == ("iso",))
        doubts = []
        if times.unknown_zones:
            doubts.append(
                Doubt(column=self.column, what="zone names", example=self.examples[0], zones=times.unknown_zones)
            )
        if times.doubt:
            way = next((way for way in times.doubt if trained and set(way) <= set(trained.forms)), None)
            if way is not None:
                return replace(reading, forms=way), doubts
            what = "mixed days and months" if times.mixed else "day or month"
            ways = () if times.mixed else times.doubt
            doubts.append(Doubt(column=self.column, what=what, example=times.example, ways=ways))
        return reading, doubts

    def _as_numbers(self, numbers: NumberJudgement, trained: ColumnReading | None) -> tuple[ColumnReading, list[Doubt]]:
        forms = tuple(form.name for form in numbers.forms)
        reading = self._reading("number", forms=forms, fits=numbers.fits, bare=numbers.bare)
        if numbers.percent and (trained is None or trained.forms != forms):
            example = next((shape.example for shape in self.shapes.shapes if "%" in shape.text), "")
            as_written = Doubt(column=self.column, what="percent or share", example=example, ways=(forms, ("text",)))
            return reading, [as_written]
        if not numbers.doubt:
            return reading, []
        ways = tuple((form.name,) for form in numbers.doubt)
        if trained is not None and trained.forms in ways and not trained.evidence.whole:  # 1240 says nothing of 1.240
            bare = trained.forms == (BARE,) and numbers.bare
            return replace(reading, forms=trained.forms, bare=bare), []
        doubt = Doubt(column=self.column, what="decimals or thousands", example=numbers.example, ways=ways)
        return reading, [doubt]

    def _reading(
        self,
        kind: Kind,
        *,
        forms: tuple[str, ...] = (),
        fits: int | None = None,
        zones: tuple[tuple[str, str], ...] = (),
        bare: bool = False,
    ) -> ColumnReading:
        filled = self.shapes.filled
        evidence = Evidence(
            filled=filled,
            fits=filled if fits is None else fits,
            missing=self.missing_rows,
            examples=self.examples if kind in ("time", "number", "flag") else (),  # words may be names of people
            whole=not any(sign in shape.text for shape in self.shapes.shapes for sign in ".,"),
        )
        return ColumnReading(
            kind=kind,
            forms=forms,
            missing=self.missing,
            zones=zones,
            bare=bare,
            digits=self.digits and kind in ("number", "time"),
            evidence=evidence,
        )

    def _evidence(self, stated: ColumnReading) -> Evidence:
        given = replace(stated, missing=self.missing).expression(self.column)
        (unread,) = first_row(self.rows.aggregate(f"count_true(starts_with({given}, 'unread: '))"))
        filled = self.shapes.filled
        return Evidence(
            filled=filled, fits=filled - int(unread or 0), missing=self.missing_rows, examples=self.examples
        )


def _hides_in_a_shape(missing: tuple[str, ...]) -> bool:
    """Whether a word for missing, such as a date of zeros, has the shape of true values."""
    return any(character.isdigit() for word in missing for character in word)


def _without(found: Shapes, missing: tuple[str, ...]) -> Shapes:
    """Shapes without those of missing values, which are words."""
    kept = tuple(shape for shape in found.shapes if shape.text not in missing)
    taken = sum(shape.count for shape in found.shapes) - sum(shape.count for shape in kept)
    return replace(found, shapes=kept, filled=found.filled - taken)
