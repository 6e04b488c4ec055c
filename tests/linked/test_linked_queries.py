"""Saved questions: their files, what is refused, and their answers."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.contracts.findings import FindingError
from pipelines.contracts.project import Project
from pipelines.linked import write_graph
from pipelines.linked.queries import check_query, graph_files, load_graphs, load_queries, run_query
from tests.linked.linked_builders import BASE, THINGS, make_mapped, tidy
from tests.tiny import Tiny

GOOD = """# title_es: Qué cosas hay
# title_en: Which things there are
# description_es: Una línea por cosa,
# en orden.
# description_en: One line a thing.
PREFIX city: <vocab/city#>
PREFIX kos: </kos/>
SELECT ?thing ?label WHERE {
  ?thing a city:Thing .
  OPTIONAL { ?thing <http://www.w3.org/2004/02/skos/core#prefLabel> ?label FILTER(LANG(?label) = "es") }
} ORDER BY ?thing
"""


@pytest.fixture
def asked(tiny: Tiny) -> Project:
    """The mapped project with a saved question."""
    project = make_mapped(tiny)
    folder = tiny.root / "vocab" / "queries"
    folder.mkdir()
    (folder / "things.rq").write_text(GOOD, encoding="utf-8")
    return project


def store_of(project: Project, out: Path) -> object:
    resource = project.datasets["city"].resource("things")
    path = write_graph(out, tidy(resource, THINGS), resource, project)
    assert path
    return load_graphs(project, [path])


def test_a_question_has_titles_and_descriptions_and_no_host_of_its_own(asked: Project) -> None:
    query = load_queries(asked)["things"]
    assert query.titles.es == "Qué cosas hay"
    assert query.descriptions.es == "Una línea por cosa, en orden."
    assert query.descriptions.en == "One line a thing."
    assert query.text == f"BASE <{BASE}/>\n{GOOD}"
    assert BASE not in GOOD


def test_a_question_is_answered_in_rows_of_text(asked: Project, out: Path) -> None:
    answer = run_query(store_of(asked, out), load_queries(asked)["things"].text)  # type: ignore[arg-type]
    assert answer.columns == ["thing", "label"]
    assert answer.rows == [
        [f"{BASE}/recurso/cosa/a-1", "Clúster «Ñandú»"],
        [f"{BASE}/recurso/cosa/b%2F2%20%C3%B1", None],
        [f"{BASE}/recurso/cosa/c", None],
    ]


def test_the_ontology_can_be_asked_too(asked: Project, out: Path) -> None:
    text = f"ASK {{ <{BASE}/vocab/city#Thing> a <http://www.w3.org/2002/07/owl#Class> }}"
    assert run_query(store_of(asked, out), text).rows == [["true"]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <https://other.example/sparql> { ?s ?p ?o } }",
        "SELECT * { service silent ?x { ?s ?p ?o } }",
        "INSERT DATA { <x:a> <x:b> <x:c> }",
        "DROP ALL",
        "LOAD <https://other.example/x.ttl>",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DESCRIBE <x:a>",
        "SELECT",
        "",
    ],
)
def test_what_is_no_plain_question_is_refused(text: str) -> None:
    with pytest.raises(FindingError) as raised:
        check_query(text, "x.rq")
    assert [f.code for f in raised.value.findings] == ["query-refused"]


@pytest.mark.parametrize(
    "text",
    [
        'SELECT ?service { ?service <x:service> "SERVICE <x>" } # SERVICE',
        "PREFIX service: <x:> ASK { ?s service:service <http://x/SERVICE> }",
    ],
)
def test_a_question_may_say_the_word_service(text: str) -> None:
    check_query(text)


@pytest.mark.parametrize("spoil", ["title_es", "title_en", "description_es", "description_en"])
def test_a_question_without_words_in_both_languages_is_refused(asked: Project, spoil: str) -> None:
    path = asked.root / "vocab" / "queries" / "things.rq"
    path.write_text(GOOD.replace(spoil, "nothing"), encoding="utf-8")
    with pytest.raises(FindingError, match=spoil):
        load_queries(asked)


def test_a_project_without_questions_has_none(tiny: Tiny) -> None:
    assert load_queries(tiny.load()) == {}


def test_the_graphs_of_an_edition_are_those_of_its_versions(asked: Project) -> None:
    for version, name in (("1", "a.ttl"), ("2", "b.nt"), ("2", "a.ttl"), ("2", "a.csv")):
        folder = asked.store.release("city", version)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert [p.name for p in graph_files(asked, {"city": "2"})] == ["a.ttl", "b.nt"]


def call(tiny: Tiny, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["query", *words, "--project", str(tiny.root)], env={"OPENDATA_LANG": "en"})
    return done.exit_code, done.output


def test_the_command_lists_the_questions(asked: Project, tiny: Tiny) -> None:
    assert call(tiny) == (0, "query\ttitle\nthings\tWhich things there are\n")
    assert '"things"' in call(tiny, "--json")[1]


def test_the_command_says_that_there_is_no_rdf_yet(asked: Project, tiny: Tiny) -> None:
    code, said = call(tiny, "things")
    assert (code, "rdf-none" in said) == (5, True)


def test_the_command_answers_in_the_language_of_the_terminal_and_says_how_to_read_it(
    asked: Project, tiny: Tiny, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = GOOD.replace('FILTER(LANG(?label) = "es") }', 'VALUES ?lang { "es" } FILTER(LANG(?label) = ?lang) }')
    (asked.root / "vocab" / "queries" / "things.rq").write_text(text, encoding="utf-8")
    folder = asked.store.release("city", "1")
    folder.mkdir(parents=True)
    resource = asked.datasets["city"].resource("things")
    assert write_graph(folder, tidy(resource, THINGS), resource, asked)
    monkeypatch.setattr("pipelines.cli.query.current_edition", lambda _: SimpleNamespace(pins={"city": "1"}))
    code, said = call(tiny, "things")
    english = next(t for t in THINGS if t["thing_id"] == "a-1")["name_en"]
    assert code == 0
    assert f"{BASE}/recurso/cosa/a-1\t{english}\n" in said
    assert "One line a thing." in said


def test_the_command_knows_no_other_question(asked: Project, tiny: Tiny) -> None:
    code, said = call(tiny, "thing")
    assert (code, "There are: things" in said) == (5, True)
