"""The standards as a whole: our own and the official shapes, loaded, pinned, and run as one."""

import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest

from pipelines.check.catalogue.standards import SHAPE_SETS, all_results, load_standards, official_triples, once
from pipelines.contracts.files import hash_file
from pipelines.contracts.standards import OfficialFile, official_files, write_official_files

VOCAB = Path(__file__).parents[2] / "vocab"
PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
"""
# What a stranger's standards could be: a rule that we have too, one that we have not, and one about the whole thing.
OFFICIAL = (
    PREFIXES
    + """
<urn:s> a sh:NodeShape ; sh:targetClass dcat:Dataset ;
    sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:message "Official words." ] ,
        [ sh:path dct:alternative ; sh:minCount 1 ] , [ sh:path dct:abstract ; sh:minCount 1 ; sh:severity sh:Info ] .
"""
)
NO_TITLE = PREFIXES + '<http://x.example/d> a dcat:Dataset ; dct:description "D" .'


@pytest.fixture
def vocab(tmp_path: Path) -> Path:
    """Our own tables, with one official file pinned for Europe."""
    shutil.copytree(VOCAB, tmp_path / "vocab")
    (tmp_path / "official").mkdir()
    file = tmp_path / "official" / "eu.ttl"
    file.write_text(OFFICIAL, encoding="utf-8")
    write_official_files(tmp_path / "vocab", [OfficialFile("eu.ttl", "eu", hash_file(file))])
    return tmp_path / "vocab"


@pytest.fixture
def official(vocab: Path) -> Path:
    return vocab.parent / "official"


def pin(vocab: Path, text: str) -> None:
    file = vocab.parent / "official" / "eu.ttl"
    file.write_text(text, encoding="utf-8")
    write_official_files(vocab, [OfficialFile("eu.ttl", "eu", hash_file(file))])


def test_what_both_say_comes_once_and_in_our_words(vocab: Path, official: Path) -> None:
    standards = load_standards(vocab, official)
    assert (standards.findings, standards.official) == ((), {"eu"})
    found = once(all_results(standards, "eu", NO_TITLE))
    assert [(r.path, r.origin) for r in found] == [("dct:alternative", "official"), ("dct:title", "own")]
    ours = found[1]
    assert (ours.focus, ours.component, ours.severity) == ("http://x.example/d", "MinCountConstraintComponent", "error")
    assert ours.message and ours.message.es == "Hace falta un título."
    assert standards.rules[ours.rule or ""].source.startswith("DCAT-AP 3.0.1")
    assert len(all_results(standards, "eu", NO_TITLE)) == 3


def test_a_warning_of_ours_does_not_stand_for_an_official_error(vocab: Path, official: Path) -> None:
    pin(
        vocab,
        OFFICIAL.replace("dcat:Dataset ;", "dcat:DatasetSeries ;").replace(
            "dct:title", "[ sh:inversePath dcat:inSeries ]"
        ),
    )
    series = (
        PREFIXES
        + '<http://x.example/s> a dcat:DatasetSeries ; dct:title "S" ; dct:description "D" ; dct:alternative "A" .'
    )
    found = once(all_results(load_standards(vocab, official), "eu", series))
    assert [(r.severity, r.origin) for r in found] == [("error", "official"), ("warning", "own")]


def test_without_the_official_files_one_warning_says_so_and_ours_are_asked(vocab: Path, official: Path) -> None:
    (official / "eu.ttl").unlink()
    for where in (None, official, official / "nowhere"):
        standards = load_standards(vocab, where)
        (only,) = standards.findings
        assert (only.code, only.severity, only.part) == ("shapes-missing", "warning", "eu.ttl")
        assert str(official) not in only.model_dump_json()
        assert [r.path for r in once(all_results(standards, "eu", NO_TITLE))] == ["dct:title"]


def test_a_file_that_is_not_the_one_that_was_pinned_is_not_used(vocab: Path, official: Path) -> None:
    assert load_standards(vocab, official).official == {"eu"}
    (official / "eu.ttl").write_text(OFFICIAL + "# another word\n", encoding="utf-8")
    standards = load_standards(vocab, official)
    assert [(f.code, f.part) for f in standards.findings] == [("standards-changed", "eu.ttl")]
    assert standards.official == set()
    assert [r.path for r in once(all_results(standards, "eu", NO_TITLE))] == ["dct:title"]


@pytest.mark.parametrize("text", ["<a b", OFFICIAL.replace("sh:minCount 1 ;", 'sh:sparql [ sh:select "SELECT" ] ;')])
def test_pinned_files_that_cannot_be_read_are_an_error_and_ours_are_asked(
    vocab: Path, official: Path, text: str
) -> None:
    pin(vocab, text)
    standards = load_standards(vocab, official)
    assert [(f.code, f.severity) for f in standards.findings] == [("shapes-unreadable", "error")]
    assert [r.path for r in once(all_results(standards, "eu", NO_TITLE))] == ["dct:title"]


@pytest.mark.parametrize("file", ["constraints.csv", "kinds.csv", "official.csv"])
def test_a_table_of_ours_that_cannot_be_read_is_an_error(vocab: Path, official: Path, file: str) -> None:
    (vocab / "shapes" / file).write_text("set,file\nxx,../y\n", encoding="utf-8")
    (only,) = load_standards(vocab, official).findings
    assert (only.code, only.severity) == ("shapes-unreadable", "error")


def test_they_are_compiled_once_as_long_as_no_file_changes(vocab: Path, official: Path) -> None:
    first = load_standards(vocab, official)
    assert load_standards(vocab, official) is first
    (vocab / "shapes" / "kinds.csv").touch()
    assert load_standards(vocab, official) is not first


def test_a_graph_that_is_no_rdf_is_said_by_an_exception(vocab: Path) -> None:
    with pytest.raises(ValueError):
        once(all_results(load_standards(vocab, None), "es", "<a b"))


def test_a_literal_where_a_thing_should_be_is_told_as_it_reads(vocab: Path) -> None:
    data = PREFIXES + '<http://x.example/d> a dcat:Dataset ; dct:temporal "el año \\"pasado\\""@es .'
    (only,) = [
        r for r in once(all_results(load_standards(vocab, None), "es", data)) if r.path == "dct:temporal" and r.value
    ]
    assert (only.value, only.severity) == ('el año "pasado"', "error")


def canonical(text: str, kind: ox.RdfFormat) -> ox.Dataset:
    found = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in ox.parse(text, format=kind))
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


@pytest.mark.parametrize(("names", "merged"), [({"es"}, "es_core_clean"), ({"es", "es-hvd"}, "es_core_hvd_clean")])
def test_the_published_files_are_read_as_one_without_what_engines_refuse(
    shared: Path, names: set[str], merged: str
) -> None:
    folder = shared / "standards"
    files = [one for one in official_files(VOCAB) if one.set in names]
    lines = [line for one in files for line in official_triples((folder / one.file).read_bytes())]
    clean = (folder / "shapes-es" / f"{merged}.ttl").read_text(encoding="utf-8")
    assert canonical("".join(lines), ox.RdfFormat.N_TRIPLES) == canonical(clean, ox.RdfFormat.TURTLE)


def test_the_pins_are_those_of_the_published_files(shared: Path) -> None:
    standards = load_standards(VOCAB, shared / "standards")
    assert (standards.findings, standards.official) == ((), set(SHAPE_SETS))


def test_a_list_that_leads_out_of_its_folder_is_refused(vocab: Path) -> None:
    write_official_files(vocab, [OfficialFile("../eu.ttl", "eu", "0" * 64)])
    with pytest.raises(ValueError):
        official_files(vocab)
