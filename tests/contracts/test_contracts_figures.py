"""How a figure reads: never without its qualifier, with its unit, as each language writes numbers."""

import pytest

from pipelines.contracts.text import Text
from pipelines.contracts.wording import Coded, amount, figure

MORE: Coded = ("more-than", Text(es="Más de", en="More than"))
BETWEEN: Coded = ("between", Text(es="Entre", en="Between"))
EXACT: Coded = ("exact", Text(es="Exacto", en="Exact"))


@pytest.mark.parametrize(
    ("value", "es", "en"),
    [
        (500.0, "500", "500"),
        (1234, "1234", "1,234"),
        (10114.85, "10\u202f114,85", "10,114.85"),
        (1234.5, "1234,5", "1,234.5"),
        (-0.25, "-0,25", "-0.25"),
        (-10114.0, "-10\u202f114", "-10,114"),
        (7.5e11, "750\u202f000\u202f000\u202f000", "750,000,000,000"),
    ],
)
def test_a_number_is_grouped_and_marked_as_the_language_writes_it(value: float, es: str, en: str) -> None:
    assert (amount("es", value), amount("en", value)) == (es, en)


def test_a_figure_keeps_its_qualifier_and_its_upper_bound() -> None:
    assert figure("es", 500.0, qualifier=MORE) == "más de 500"
    assert figure("en", 10.0, 12.0, BETWEEN, ("count-per-month", Text(es="x", en="x"))) == "between 10 and 12 per month"
    assert figure("es", 10.0, 12.0, BETWEEN) == "entre 10 y 12"
    assert figure("en", 27.0, qualifier=EXACT) == "27"


def test_a_unit_without_a_short_form_follows_by_its_label() -> None:
    assert figure("es", 3, unit=("parsec", Text(es="Pársec", en="Parsec"))) == "3 (Pársec)"
    assert figure("es", 25, unit=("percent", Text(es="Porcentaje", en="Percent"))) == "25\u00a0%"
