"""Groups of people that are too small to be shown.

What belongs here: the rule kind `small_groups`, which belongs to the privacy gate. What does not: the
other rules, and personal data in texts.
"""

import pandas as pd

from pipelines.check.places import Places, at
from pipelines.contracts.dataset import Rule
from pipelines.contracts.findings import Finding


def small_groups(places: Places, rule: Rule, smallest: int) -> list[Finding]:
    """Rows that show fewer people than `rule.min`, or `smallest` where the rule names none; never with values.

    With `field`, the column counts people: from 1 up to one less than the limit is exposing, 0 is not.
    With `fields`, each row is a person, and the rows that agree in all these columns are a group.
    """
    limit = smallest if rule.min is None else rule.min
    if rule.field:
        column = places.table[rule.field].astype("Float64")
        exposing, columns = (column > 0) & (column < limit), [rule.field]
    else:
        texts = pd.DataFrame({c: places.text(c) for c in rule.fields})
        sizes = texts.groupby(list(rule.fields), dropna=False, sort=False)[rule.fields[0]].transform("size")
        exposing, columns = sizes < limit, rule.fields
    params = {"limit": f"{limit:g}", "kind": "small-group"}
    return places.of_rows("small-group", at(exposing), columns, severity=rule.severity, params=params, secret=True)
