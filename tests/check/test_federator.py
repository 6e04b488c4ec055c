"""The dry run of the federator: what rejects the whole load, what is removed, and which datasets are dropped."""

import pytest

from pipelines.check.catalogue.federator import MOST_PAGE_BYTES, DryRun, check_pages, dry_run, identity
from pipelines.check.identity import check_identity
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.metadata import Dataset
from tests.check.catalogues import ORGANISM, WHOLE, X, graph, swapped
from tests.check.test_metadata import GOLDEN


def run(text: str = WHOLE, *more: str, failing: str | None = None) -> DryRun:
    failures = [finding("shapes-value", key=X + failing, field="dct:format", value="x")] if failing else []
    return dry_run(graph(text, *more), failures)


def codes(found: list[Finding]) -> set[str]:
    return {f.code for f in found}


def test_a_sound_catalogue_is_taken_whole_and_without_notices() -> None:
    taken = run()
    assert (taken.accepted, taken.dropped, taken.findings, taken.notices) == ([X + "d"], [], [], [])


REJECTED = {
    "no catalogue": ("x:catalogue a dcat:Catalog ;", "x:catalogue a x:List ;", "federator-root"),
    "a publisher with https": (f"<{ORGANISM}>", f"<{ORGANISM.replace('http:', 'https:')}>", "federator-publisher"),
    "a publisher without code": (f"<{ORGANISM}>", "x:townhall", "federator-publisher"),
    "a publisher in words": (f"<{ORGANISM}>", '"Ayuntamiento"', "federator-publisher"),
}


@pytest.mark.parametrize("case", REJECTED)
def test_one_fault_can_reject_the_whole_load(case: str) -> None:
    before, after, code = REJECTED[case]
    taken = run(swapped(before, after))
    assert codes(taken.findings) == {code}
    assert taken.rejected and not taken.accepted and not taken.dropped


def test_two_root_catalogues_reject_it_and_a_part_is_no_root() -> None:
    other = "x:other a dcat:Catalog ."
    assert codes(run(WHOLE, other).findings) == {"federator-root"}
    assert run(WHOLE, other, "x:catalogue dct:hasPart x:other .").findings == []
    assert run(WHOLE, other, "x:other dct:isPartOf x:catalogue .").findings == []


def test_a_catalogue_that_fails_rejects_it_and_says_why_in_both_languages() -> None:
    (only,) = run(failing="catalogue").findings
    assert only.code == "federator-catalogue"
    assert "dct:format" in only.what("es") and only.what("es") != only.what("en")


def test_a_creator_counts_only_if_it_is_an_organisation_of_the_portal() -> None:
    assert run(WHOLE, "x:d dct:creator x:someone .").findings == []
    assert codes(run(WHOLE, f"x:d dct:creator <{ORGANISM}9> .").findings) == {"federator-publisher"}


def test_pages_have_a_size_and_are_of_one_kind() -> None:
    assert codes(check_pages([MOST_PAGE_BYTES, MOST_PAGE_BYTES + 1], repeated=True)) == {
        "federator-page-large",
        "federator-page-same",
    }
    assert codes(run(WHOLE, "x:p1 a hydra:PartialCollectionView ; hydra:next x:p2 .").findings) == {"federator-paging"}
    paged = run(WHOLE, "x:p1 a hydra:PagedCollection ; hydra:next x:p2 .")
    assert (paged.findings, paged.notices) == ([], [])


REMOVED = {
    "a record": ("x:catalogue dcat:record x:r . x:r a dcat:CatalogRecord .", "federator-record", X + "r"),
    "a description of the organisation": (f'<{ORGANISM}> foaf:name "Pueblo"@es .', "federator-agent", ORGANISM),
    "a dataset that is not described": ("x:catalogue dcat:dataset x:e .", "federator-undescribed", X + "e"),
    "a dataset that is not listed": ("x:e a dcat:Dataset .", "federator-unlisted", X + "e"),
    "a service that is not listed": ("x:s a dcat:DataService .", "federator-unlisted", X + "s"),
    "a node that nothing names": ("x:lonely dct:title 'Nadie'@es .", "federator-unreferenced", X + "lonely"),
    "a dataset in two catalogues": ("x:catalogue dct:hasPart x:o . x:o a dcat:Catalog ; dcat:dataset x:d .", "federator-listed-twice", X + "d"),
}  # fmt: skip


@pytest.mark.parametrize("case", REMOVED)
def test_what_is_removed_is_told_and_costs_no_dataset(case: str) -> None:
    more, code, node = REMOVED[case]
    taken = run(WHOLE, more)
    assert [(f.code, f.key, f.severity) for f in taken.notices] == [(code, node, "warning")]
    assert taken.accepted == [X + "d"]


def test_what_only_an_unreferenced_node_names_goes_with_it() -> None:
    taken = run(WHOLE, "x:lonely dct:relation x:friend . x:friend dct:title 'Amigo'@es .")
    assert [f.key for f in taken.notices] == [X + "lonely", X + "friend"]


@pytest.mark.parametrize("node", ["d", "period", "f", "sum"])
def test_a_fault_of_the_dataset_of_its_distribution_or_of_a_part_drops_it(node: str) -> None:
    (dropped,) = run(failing=node).dropped
    assert dropped.dataset == X + "d"
    assert "dct:format" in dropped.reasons[0].es


def test_one_bad_distribution_drops_the_dataset_though_another_is_good() -> None:
    more = "x:d dcat:distribution x:g . x:g a dcat:Distribution ; dcat:accessURL x:page ."
    assert run(WHOLE, more).accepted == [X + "d"]
    (dropped,) = run(WHOLE, more, failing="g").dropped
    assert [X + "g" in reason.en for reason in dropped.reasons] == [True]


def test_a_dataset_without_a_described_distribution_is_dropped() -> None:
    (dropped,) = run(swapped("x:f a dcat:Distribution ;", "x:f ")).dropped
    assert dropped.reasons[0].en == "It has no valid distribution."


def test_a_link_to_another_version_as_a_dataset_drops_it() -> None:
    assert run(WHOLE, "x:d dct:hasVersion x:e .").accepted == [X + "d"]
    (dropped,) = run(WHOLE, "x:d dcat:hasVersion x:e .").dropped
    assert "dcat:hasVersion" in dropped.reasons[0].es


def test_a_fault_in_what_the_federator_removes_costs_nothing() -> None:
    fault = finding("shapes-value", key=ORGANISM, field="foaf:name", value="x")
    assert dry_run(graph(WHOLE, f"<{ORGANISM}> foaf:name 'Pueblo' ."), [fault]).accepted == [X + "d"]


def test_only_codes_that_the_federator_looks_up_drop_a_dataset() -> None:
    def fate(table: str, field: str) -> int:
        params = {"kind": table, "expected": "", "date": ""}
        return len(
            dry_run(graph(), [finding("code-invalid", key=X + "f", field=field, value="v", params=params)]).dropped
        )

    assert [
        fate("file-type", "dct:format"),
        fate("media-type", "dcat:mediaType"),
        fate("access-right", "dct:rights"),
    ] == [1, 0, 0]


def test_a_service_that_fails_goes_alone() -> None:
    taken = run(WHOLE, "x:catalogue dcat:service x:api . x:api a dcat:DataService .", failing="api")
    assert [(f.code, f.key) for f in taken.notices] == [("federator-service", X + "api")]
    assert taken.accepted == [X + "d"]


SECOND = "x:catalogue dcat:dataset x:e . x:e a dcat:Dataset ; dcat:distribution x:f ; dct:title '{}'@es ."


def test_titles_that_are_equal_in_their_first_300_characters_collide() -> None:
    long = "T" * 300
    first = swapped('dct:title "Talleres"@es', f'dct:title "{long} uno"@es')
    assert run(first, SECOND.format("T" * 299 + "dos")).dropped == []
    (dropped,) = run(first, SECOND.format(long + " dos")).dropped
    assert dropped.dataset == X + "e" and X + "d" in dropped.reasons[0].en


def test_http_and_https_are_one_identity() -> None:
    secure = "https" + X.removeprefix("http") + "d"
    more = f"x:catalogue dcat:dataset <{secure}> . <{secure}> a dcat:Dataset ; dcat:distribution x:f ; dct:publisher <{ORGANISM}> ."
    read = graph(WHOLE, more)
    assert identity(read, secure) == identity(read, X + "d") == ("L01280796", X + "d")
    (dropped,) = dry_run(read, []).dropped
    assert dropped.dataset == secure


def test_identity_changes_only_where_it_was_announced() -> None:
    now = Dataset.model_validate_json(GOLDEN.read_bytes())
    assert check_identity(now, None, announced=False) == check_identity(now, now, announced=False) == []
    publisher = now.publisher.model_copy(update={"identifier": "L01000001"})
    before = now.model_copy(update={"iri": "https://a.example/d", "identifier": "x", "publisher": publisher})
    found = check_identity(now, before, announced=False)
    assert [(f.code, f.field, f.severity) for f in found] == [
        ("dataset-identity-changed", name, "error") for name in ("iri", "identifier", "publisher")
    ]
    assert check_identity(now, before, announced=True) == []
