"""Loading a project: a wrong file is a finding that says where and how, and never a stack trace."""

import pytest
import yaml

from pipelines.contracts.findings import FindingError, blocking
from pipelines.contracts.settings import SETTINGS_FILE
from tests.tiny import column, facts, places_file, table, visits_file, write_yaml


def codes(project):
    return [f.code for f in project.findings]


def spoil(tiny, name, **said):
    """Change top keys of a YAML file of the project; None removes a key."""
    path = tiny.root / name
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content = {k: v for k, v in (content | said).items() if v is not None}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_a_sound_project_loads_whole_and_without_findings(tiny):
    project = tiny.load()
    assert project.findings == []
    assert list(project.sources) == ["diario", "registro"]
    assert list(project.datasets) == ["places", "visits"]
    assert project.vocabularies.codes("place-kind") == ["district", "estate"]


def test_yaml_that_cannot_be_parsed_is_said_with_its_line_and_the_rest_is_loaded(tiny):
    (tiny.root / "schemas" / "visits.yaml").write_text('name: visits\ntitles: {es: "Visitas\nx: 1\n', encoding="utf-8")
    project = tiny.load()
    [found] = [f for f in project.findings if f.code == "yaml-syntax"]
    assert found.part == "schemas/visits.yaml"
    assert found.row and 1 <= found.row <= 4
    assert list(project.datasets) == ["places"]


def test_a_file_in_another_encoding_is_said(tiny):
    (tiny.root / "sources" / "diario.yaml").write_bytes("title: Diario de Málaga".encode("latin-1"))
    assert "file-unreadable" in codes(tiny.load())


def test_a_file_that_is_no_mapping_is_said(tiny):
    (tiny.root / "sources" / "diario.yaml").write_text("- one\n- two\n", encoding="utf-8")
    [found] = [f for f in tiny.load().findings if f.part == "sources/diario.yaml"]
    assert (found.code, found.field) == ("file-value", ".")


def test_an_empty_file_is_said(tiny):
    (tiny.root / "sources" / "diario.yaml").write_text("", encoding="utf-8")
    assert [f.code for f in tiny.load().findings if f.part == "sources/diario.yaml"] == ["file-value"]


def test_a_key_that_is_missing_is_named_with_its_place(tiny):
    content = visits_file()
    del content["resources"][0]["titles"]["en"]
    tiny.schema(content)
    found = tiny.load().findings[0]
    assert (found.code, found.part, found.field) == ("file-key-missing", "schemas/visits.yaml", "resources.0.titles.en")


def test_a_misspelt_key_is_named_and_not_ignored(tiny):
    spoil(tiny, "sources/diario.yaml", licance="x")
    found = tiny.load().findings[0]
    assert (found.code, found.part, found.field) == ("file-key-unknown", "sources/diario.yaml", "licance")


@pytest.mark.parametrize("key", ["webhooks", "webhook"])
def test_no_address_of_a_webhook_is_shown_where_a_setting_is_wrong(tiny, key):
    value = (
        '"https://maria:clave@recibe.example/secreto?ficha"' if key == "webhooks" else '["https://r.example/secreto"]'
    )
    (tiny.root / SETTINGS_FILE).write_text(f"{key} = {value}\n", encoding="utf-8")
    with pytest.raises(FindingError) as raised:
        tiny.load()
    said = repr(raised.value.findings)
    assert ".example/…" in said
    assert not any(secret in said for secret in ("maria", "clave", "secreto", "ficha"))


def test_a_value_of_the_wrong_kind_is_shown_shortened(tiny):
    spoil(tiny, "sources/diario.yaml", kind="x" * 500)
    found = tiny.load().findings[0]
    assert (found.code, found.field, found.value) == ("file-value", "kind", "x" * 80)


def test_a_file_whose_name_is_not_its_id_is_said_and_left_out(tiny):
    (tiny.root / "sources" / "diario.yaml").rename(tiny.root / "sources" / "otro.yaml")
    project = tiny.load()
    [found] = [f for f in project.findings if f.code == "file-name"]
    assert (found.value, found.params["expected"], found.blocks) == ("diario", "otro", True)
    assert list(project.sources) == ["registro"]


@pytest.mark.parametrize("copied", ["a-visits", "visits-two"])
def test_a_copy_of_a_dataset_does_not_take_its_place(tiny, copied):
    whole = visits_file() | {"descriptions": {"es": "Otra cosa es esto.", "en": "This is something else."}}
    write_yaml(tiny.root / "schemas" / f"{copied}.yaml", whole)
    project = tiny.load()
    assert [f.code for f in project.findings] == ["file-name"]
    assert sorted(project.datasets) == ["places", "visits"]
    assert project.datasets["visits"].descriptions.en == visits_file()["descriptions"]["en"]


def test_a_table_of_two_datasets_is_said_with_both(tiny):
    tiny.schema(places_file() | {"name": "more", "resources": places_file()["resources"]})
    [found] = tiny.load().findings
    assert (found.code, found.table, found.dataset, found.params["other"]) == (
        "table-twice",
        "places",
        "places",
        "more",
    )


def test_a_vocabulary_that_does_not_exist_is_said(tiny):
    tiny.schema(
        {**places_file(), "resources": [table("places", ["place_id"], [column("place_id", vocabulary="nowhere")])]}
    )
    [found] = [f for f in tiny.load().findings if f.code == "vocabulary-unknown"]
    assert (found.table, found.field, found.value) == ("places", "place_id", "nowhere")


@pytest.mark.parametrize(
    ("end", "named"),
    [
        ({"dataset": "nowhere", "resource": "places", "fields": ["place_id"]}, "nowhere/places[place_id]"),
        ({"dataset": "places", "resource": "nowhere", "fields": ["place_id"]}, "places/nowhere[place_id]"),
        ({"dataset": "places", "resource": "places", "fields": ["nothing"]}, "places/places[nothing]"),
        ({"resource": "nowhere", "fields": ["x"]}, "visits/nowhere[x]"),
    ],
)
def test_a_key_to_what_does_not_exist_is_said(tiny, end, named):
    content = visits_file()
    content["resources"][0]["keys"] = [{"fields": ["place_id"], "reference": end}]
    tiny.schema(content)
    [found] = tiny.load().findings
    assert (found.code, found.dataset, found.value) == ("key-target-unknown", "visits", named)


def test_each_end_of_a_key_by_kind_is_looked_for(tiny):
    content = visits_file()
    ends = {
        "district": {"dataset": "places", "resource": "places", "fields": ["place_id"]},
        "estate": {"resource": "gone", "fields": ["x"]},
    }
    content["resources"][0]["keys"] = [{"fields": ["place_id"], "kind": "note", "references": ends}]
    tiny.schema(content)
    assert [(f.code, f.value) for f in tiny.load().findings] == [("key-target-unknown", "visits/gone[x]")]


def test_a_foreign_key_to_the_table_itself_is_found(tiny):
    content = visits_file()
    own = {"fields": ["place_id"], "reference": {"resource": "", "fields": ["visit_id"]}}
    content["resources"][0]["schema"]["foreignKeys"] = [own]
    tiny.schema(content)
    assert tiny.load().findings == []


def test_a_table_that_nothing_feeds_and_a_feed_that_goes_nowhere_are_said(tiny):
    tiny.source(facts("diario", "nothing"))
    assert [(f.code, f.table) for f in tiny.load().findings] == [
        ("table-without-source", "visits"),
        ("feed-table-unknown", "nothing"),
    ]


def test_every_finding_about_a_file_blocks_and_cannot_be_approved(tiny):
    spoil(tiny, "sources/diario.yaml", kind="x", licance="y", title=None)
    tiny.source(facts("other", "nowhere"))
    found = tiny.load().findings
    assert len({f.code for f in found}) >= 4
    assert blocking(found) == found
    assert not any(f.message.approvable for f in found)


@pytest.mark.parametrize("content", [None, "stage: example\n", "a: [\n"], ids=["missing", "incomplete", "no yaml"])
def test_a_project_without_a_sound_catalogue_is_refused(tiny, content):
    path = tiny.root / "schemas" / "catalogue.yaml"
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(FindingError) as refused:
        tiny.load()
    assert {f.part for f in refused.value.findings} == {"schemas/catalogue.yaml"}


@pytest.mark.parametrize("spoiled", ["missing", "column", "encoding", "label"])
def test_a_project_without_sound_vocabularies_is_refused(tiny, spoiled):
    path = tiny.root / "vocab" / "concepts.csv"
    if spoiled == "missing":
        path.unlink()
    elif spoiled == "column":
        path.write_text("scheme_id,code\nplace-kind,district\n", encoding="utf-8")
    elif spoiled == "encoding":
        path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    else:
        path.write_text(path.read_text(encoding="utf-8").replace("Polígono", ""), encoding="utf-8")
    with pytest.raises(FindingError) as refused:
        tiny.load()
    assert [f.code for f in refused.value.findings] == ["vocabulary-unreadable"]


@pytest.mark.parametrize(
    ("toml", "field"),
    [("max_rows = -1\n", "max_rows"), ("max_rwos = 5\n", "max_rwos"), ('lang = "fr"\n', "lang")],
)
def test_a_wrong_setting_is_refused_by_name(tiny, toml, field):
    (tiny.root / "opendata.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(FindingError) as refused:
        tiny.load()
    assert [(f.part, f.field) for f in refused.value.findings] == [("opendata.toml", field)]


@pytest.mark.parametrize(
    "content", [b'store = "store\n', 'store = "almacén"\n'.encode("latin-1")], ids=["no toml", "no utf-8"]
)
def test_a_settings_file_that_cannot_be_parsed_is_refused_as_a_finding(tiny, content):
    (tiny.root / "opendata.toml").write_bytes(content)
    with pytest.raises(FindingError) as refused:
        tiny.load()
    assert [(f.code, f.part) for f in refused.value.findings] == [("settings-unreadable", "opendata.toml")]


def test_a_list_in_the_environment_that_cannot_be_parsed_is_refused_as_a_finding(tiny, monkeypatch):
    monkeypatch.setenv("OPENDATA_ALLOW_HOSTS", "files.example")
    with pytest.raises(FindingError) as refused:
        tiny.load()
    assert [f.code for f in refused.value.findings] == ["settings-unreadable"]
    assert "allow_hosts" in refused.value.findings[0].what("en")


def test_the_store_is_where_the_settings_say_seen_from_the_project(tiny, tmp_path):
    assert tiny.load().store.root == (tiny.root / "store").resolve()
    assert tiny.load(store=tmp_path / "else").store.root == (tmp_path / "else").resolve()


def test_the_feeds_of_a_dataset_come_in_the_order_of_the_source_ids(tiny):
    for name in ("zeta", "alfa"):
        tiny.source(facts(name, "places"))
    project = tiny.load()
    assert [s.id for s, _ in project.feeds_of(project.datasets["places"])] == ["alfa", "registro", "zeta"]
    assert [s.id for s, _ in project.feeds_of(project.datasets["visits"])] == ["diario"]


def test_a_table_has_one_owner(tiny):
    project = tiny.load()
    dataset, resource = project.owner_of("visits")
    assert (dataset.name, resource.name) == ("visits", "visits")
    with pytest.raises(KeyError):
        project.owner_of("nowhere")
