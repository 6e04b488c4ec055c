"""Personal data in cells and texts is found in every spelling, and what only looks like it is not.

Identity numbers are made here from digits that nobody was given; names are made up.
"""

import csv
import unicodedata
from hashlib import sha256
from pathlib import Path

import pytest
from check_builders import DNI, codes, dataset, field, normal, project, resource, table, tables, write_list
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban
from stdnum.es import dni

from pipelines.check import check_tables, check_texts
from pipelines.check.names import Names, load_names
from pipelines.check.patterns import likely, personal_data, plain
from pipelines.check.places import Places
from pipelines.check.privacy import check_cells
from pipelines.contracts.findings import Finding
from pipelines.contracts.project import Project

LETTER = DNI[-1]
NIE = "X0000000" + dni.calc_check_digit("00000000")
IBAN = f"ES{iban.calc_check_digits('ES00' + '0' * 20)}{'0' * 20}"
PHONE = "600123456"
PERSON = "Zacarías Inventado Ruiz"
BODY = "Dirección General de Cosas"


def kinds(text: str) -> set[str]:
    return {kind for kind, _ in personal_data(plain(text), lambda box: box == "oficina@ayuntamiento.example")}


@pytest.mark.parametrize(
    "text",
    [
        DNI,
        DNI.lower(),
        f"con DNI {DNI}, vecina de",
        f"({DNI})",
        f"NIF:{DNI}.",
        f"DNI{DNI}",
        f"ES{DNI}",
        f"00000000-{LETTER}",
        f"00000000 - {LETTER}",
        f"00.000.000-{LETTER}",
        f"00 000 000 {LETTER}",
        f"00000000\u2011{LETTER}",
        f"0000\u200b0000{LETTER}",
        "".join(chr(ord(c) + 0xFEE0) for c in DNI),
        f"a_{DNI}_b",
        f"https://pagina.example/ficha/{DNI}",
    ],
)
def test_a_dni_is_found_in_every_spelling(text: str) -> None:
    assert kinds(text) == {"dni"}


@pytest.mark.parametrize(
    "text",
    [NIE, NIE.lower(), f"{NIE[0]}-{NIE[1:8]}-{NIE[8]}", f"{NIE[0]} {NIE[1:8]} {NIE[8]}", f"NIE {NIE}:", "K" + NIE[1:]],
)
def test_a_nie_is_found_in_every_spelling(text: str) -> None:
    assert kinds(text) == {"nie"}


@given(st.integers(0, 99_999_999))
@settings(deadline=None)
def test_only_the_right_check_letter_makes_a_dni(number: int) -> None:
    digits = f"{number:08d}"
    found = {letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if "dni" in kinds(f"x {digits}{letter} x")}
    assert found == {dni.calc_check_digit(digits)}


@pytest.mark.parametrize(
    "text",
    [
        "G01605781",
        "ES-B58378431",
        f"1{DNI}",
        f"{DNI}x",
        f"ab{DNI}",
        "sha256 " + sha256(b"x").hexdigest(),
        "00000000",
        "00000000 e",
    ],
)
def test_a_number_of_a_company_or_a_longer_code_is_no_dni(text: str) -> None:
    assert kinds(text) == set()


def test_a_single_letter_word_after_a_figure_is_no_check_letter() -> None:
    figure = next(f"{n:08d}" for n in range(10_000_000, 10_001_000) if dni.calc_check_digit(f"{n:08d}") == "Y")
    assert kinds(f"de {figure} y de otros") == set()
    assert kinds(f"de {figure}Y") == {"dni"}


@pytest.mark.parametrize(
    "text",
    [
        "alguien@correo.example",
        "Alguien.Otro+x@sub.correo.example.",
        "mailto:alguien%40correo.example",
        "alguien&#64;correo.example",
        "alguien [at] correo.example",
        "alguien(arroba)correo.example",
        "alguien.otro [at] correo [dot] example",
        "alguien(arroba)sub(punto)correo.example",
        "señor@correo.example",
        "no.oficina@ayuntamiento.example",
        "oficina@ayuntamiento.example.otro.example",
        r"alguien\u0040correo.example",
    ],
)
def test_an_e_mail_address_is_found_in_every_spelling(text: str) -> None:
    assert kinds(text) == {"email"}


@pytest.mark.parametrize(
    "text",
    [
        "oficina@ayuntamiento.example",
        "<mailto:OFICINA@ayuntamiento.example>",
        "«oficina@ayuntamiento.example».",
        '"texto"@es ;',
        '{"@id": "https://pagina.example/@seccion/x"}',
        "a las 10 @ Madrid",
        "oficina [at] ayuntamiento [dot] example",
        "se queda [dot] en casa",
    ],
)
def test_an_allowed_mailbox_and_other_at_signs_are_no_finding(text: str) -> None:
    assert kinds(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        PHONE,
        "600 123 456",
        "600 12 34 56",
        "600.123.456",
        "600-123-456",
        "91 512 34 56",
        "91-512-34-56",
        "+34 600 123 456",
        "+34600123456",
        "(+34) 915 123 456",
        "0034 915123456",
        "tel:+34-600-123-456",
        "Teléfono: 600123456",
        "Tel.600123456.",
        "móvil 6 0 0 1 2 3 4 5 6",
        "llame al 600123456, o venga",
        "https://wa.me/+34600123456",
        "600123456/600123457",
        "tel. 600 000 000",
        "600\u00a0123\u00a0456",
        "(91) 234 56 78",
        "(612) 345 678",
        "(612)345678",
        "+34 (91) 234 56 78",
        "61 234 56 78",
        "34612345678",
        "llame al 34612345678.",
        "Tel. 34 612 345 678",
        "https://wa.me/34612345678",
        "https://wa.me/612345678?text=hola",
    ],
)
def test_a_spanish_telephone_is_found_in_the_usual_groups(text: str) -> None:
    assert kinds(text) == {"phone"}


@pytest.mark.parametrize(
    "text",
    [
        "2.842.274€",
        "2842274",
        "750000000000",
        "750000000",
        "750.000.000",
        "750 000 millones de euros",
        "612.345.678 €",
        "612345678 EUR",
        "€ 612.345.678",
        "1.612.345.678",
        "612 345 678 901",
        "612345678,50",
        "0.612345678",
        "1612345678",
        "6123456789",
        "2019, 2020, 2021",
        "28079",
        "https://pagina.example/id/612345678",
        "https://pagina.example/?n=612345678",
        "obs-612345678",
        "612345678-2",
        "512345678",
        "0000-0002-1825-0097",
        "978-84-340-1234-5",
        "40.416775, -3.703790",
        "G61234567",
        "expediente 912345678/2020",
        "expediente 912 345 678/2020",
        "34901000101",
        "obs-34612345678",
        "34612345678-2",
        "A34612345678",
        "0,34612345678",
        "34.612345678",
        "34612345678 €",
        "https://pagina.example/id/34612345678",
        "(61) 234 millones",
        "(2019) 234 567",
        "61 234 567",
        "1 61 234 56 78",
    ],
)
def test_amounts_codes_and_longer_numbers_are_no_telephone(text: str) -> None:
    assert kinds(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        IBAN,
        IBAN.lower(),
        " ".join(IBAN[i : i + 4] for i in range(0, 24, 4)),
        f"IBAN:{IBAN}.",
        f"IBAN{IBAN} Banco Uno",
        "-".join(IBAN[i : i + 4] for i in range(0, 24, 4)) + ", a su nombre",
        "DE89 3704 0044 0532 0130 00",
    ],
)
def test_an_iban_with_its_check_digits_is_found(text: str) -> None:
    assert "iban" in kinds(text)


def test_an_iban_with_other_check_digits_is_none() -> None:
    wrong = "ES" + f"{(int(IBAN[2:4]) + 1) % 97:02d}" + IBAN[4:]
    assert "iban" not in kinds(wrong)


@given(st.text(alphabet="abcdefghij klmñopqáéíóú.,;-()\n", max_size=60))
@settings(deadline=None)
def test_words_alone_are_never_personal_data_by_form(text: str) -> None:
    assert kinds(text) == set()


@given(st.text(max_size=80))
@settings(deadline=None)
def test_any_text_at_all_can_be_searched_and_keeps_its_lines(text: str) -> None:
    assert plain(text).count("\n") == text.count("\n")
    assert all(0 <= start < len(plain(text)) for _, start in personal_data(plain(text), lambda _: False))


@given(
    st.lists(
        st.sampled_from([*DNI, *"@＠&#64;%().-_ \u200b\n０１２３４５６７８９６００arroba at correo.example +34"]),
        max_size=24,
    )
)
@settings(deadline=None)
def test_the_quick_look_passes_over_nothing_that_would_be_found(parts: list[str]) -> None:
    text = "".join(parts)
    if list(personal_data(plain(text), lambda _: False)):
        assert likely([text]) == [text]


@pytest.mark.parametrize(
    "text", ["a＠b.example", "a&#64;b.example", "a [AT] b.example", "６００１２３４５６", "600\u200b123\u200b456"]
)
def test_the_quick_look_sees_what_is_disguised(text: str) -> None:
    assert likely(["x", text]) == [text]


# names


@pytest.fixture
def hashes(tmp_path: Path) -> Path:
    return write_list(
        tmp_path / "names.csv", [(PERSON, "no"), (BODY, "body-name"), ("oficina2 ayuntamiento example", "yes")]
    )


@pytest.fixture
def names(hashes: Path) -> Names:
    return load_names(hashes)


@pytest.mark.parametrize(
    "text",
    [
        PERSON,
        "ZACARÍAS INVENTADO RUIZ",
        "Zacarias Inventado Ruiz",
        f"dijo {PERSON}, que",
        f"«{PERSON}»",
        "Zacarías  Inventado\nRuiz",
        "Zacarías Inventado Ruizdijo que",
        "Zacarías Inventado RuizDijo que",
        "ElZacarías Inventado Ruiz",
        "ZacaríasInventadoRuiz",
        "zacarias-inventado-ruiz",
        "https://pagina.example/zacarias_inventado_ruiz/1",
        "Inventado Ruiz, Zacarías",
        "don/Zacarías.Inventado/Ruiz",
        unicodedata.normalize("NFD", PERSON),
        "Zacar&iacute;as Inventado Ruiz",
        "Zacar%C3%ADas%20Inventado%20Ruiz",
        r"Zacar\u00edas\nInventado Ruiz",
    ],
)
def test_a_name_is_found_in_every_spelling(names: Names, text: str) -> None:
    assert {kind for kind, _ in names.find(plain(text))} == {"person"}


@pytest.mark.parametrize("text", ["Zacarías Inventado", "Inventado Ruiz Zacarías", "Zacarías y Inventado Ruiz", ""])
def test_a_part_of_a_name_or_other_words_are_not(names: Names, text: str) -> None:
    assert list(names.find(plain(text))) == []


def test_the_name_of_a_body_may_stand_as_a_whole_value(names: Names) -> None:
    assert list(names.find(BODY)) == []
    assert list(names.find("direccion-general-de-cosas")) == []
    assert list(names.find("on-direccion-general-de-cosas-2")) == []


def test_the_name_of_a_body_inside_a_text_is_a_finding(names: Names) -> None:
    assert list(names.find(f"con la {BODY} presente")) != []


def test_a_list_without_its_columns_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("name\nx\n")
    with pytest.raises(KeyError):
        load_names(bad)


@pytest.mark.parametrize("row", ["person,zz,no", "person,00ff,no", f"person,{normal('x')},perhaps"])
def test_a_list_with_a_broken_entry_is_refused(tmp_path: Path, row: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(f"kind,sha256_normalised,publishable\n{row}\n")
    with pytest.raises(ValueError, match=r"."):
        load_names(bad)


# the gate


FILE = dataset(
    resource("t", [field("id"), field("text"), field("n", "integer"), field("secret", public=False)]), name="things"
)


def in_cells(rows: list[dict[str, object]], checked_by: Project | None = None) -> list[Finding]:
    return check_tables(checked_by or project(), FILE, tables(FILE, t=rows), None)


def test_a_finding_says_where_and_of_which_kind_and_never_what() -> None:
    (one,) = in_cells([{"id": "a"}, {"id": "b", "text": f"con {DNI}"}])
    assert (one.code, one.source, one.part, one.row, one.field) == (
        "privacy-identity-number",
        "src",
        "part.csv",
        3,
        "text",
    )
    assert (one.value, one.key, one.params) == (None, None, {"kind": "dni"})
    assert DNI not in one.model_dump_json() + str(one.as_row())


def test_nobody_can_let_personal_data_through() -> None:
    assert not any(f.message.approvable for f in in_cells([{"id": "a", "text": f"{DNI} {PHONE} a@b.example {IBAN}"}]))


def test_an_id_of_a_row_is_searched_too() -> None:
    assert "privacy-identity-number" in codes(in_cells([{"id": DNI.lower()}]))


def test_private_columns_are_not_published_and_not_searched() -> None:
    assert in_cells([{"id": "a", "secret": f"{DNI} {PHONE}"}]) == []


def test_a_column_of_amounts_is_no_column_of_telephones() -> None:
    amounts = [612_345_678, 712_345_678, 2_842_274]
    assert in_cells([{"id": str(n), "n": amount} for n, amount in enumerate(amounts)]) == []


def test_a_column_of_telephones_written_as_numbers_is_found() -> None:
    rows = [{"id": str(n), "n": 600_123_451 + n} for n in range(4)]
    assert codes(in_cells(rows)) == ["privacy-phone"] * 4


def test_the_contact_and_the_role_mailboxes_of_the_catalogue_may_stand(hashes: Path) -> None:
    text = "datos@ayuntamiento.example, Clusters@ayuntamiento.example; oficina2@ayuntamiento.example"
    allowed = project(mailboxes=["clusters@ayuntamiento.example"], personal_hashes=hashes)
    assert in_cells([{"id": "a", "text": text}], allowed) == []
    assert codes(in_cells([{"id": "a", "text": text}])) == ["privacy-email"]


def test_the_telephone_of_the_office_may_stand_as_the_catalogue_spells_it_and_no_other() -> None:
    office = project()
    contact = office.catalogue.contact.model_copy(update={"telephone": "+34915123456"})
    office.catalogue = office.catalogue.model_copy(update={"contact": contact})
    own = [{"id": "a", "text": "llame al +34915123456"}]
    assert in_cells(own, office) == []
    assert codes(in_cells(own)) == ["privacy-phone"]
    assert codes(in_cells([{"id": "a", "text": "llame al +34915123457"}], office)) == ["privacy-phone"]


def test_names_are_looked_for_where_the_settings_have_a_list(hashes: Path) -> None:
    (one,) = in_cells([{"id": "a", "text": f"según {PERSON}"}], project(personal_hashes=hashes))
    assert (one.code, one.params) == ("privacy-name", {"kind": "person"})


def test_a_list_that_cannot_be_read_holds_instead_of_passing(tmp_path: Path) -> None:
    (one,) = in_cells([{"id": "a"}], project(personal_hashes=tmp_path / "nowhere.csv"))
    assert (one.code, one.blocks) == ("privacy-list-unreadable", True)


def texts_found(texts: dict[str, str], **settings: object) -> list[tuple[str, str | None, int | None]]:
    return [(f.code, f.part, f.row) for f in check_texts(project(**settings), FILE, texts)]  # type: ignore[arg-type]


def test_a_text_tells_file_and_line() -> None:
    texts = {"CHANGES.md": f"# Uno\n\nsegún {DNI}\n", "metadata.json": '{"a": "b"}\n'}
    assert texts_found(texts) == [("privacy-identity-number", "CHANGES.md", 3)]


def test_every_line_that_repeats_it_is_told() -> None:
    assert texts_found({"a.csv": f"id,x\n1,{DNI}\n2,\n3,{DNI}\n"}) == [
        ("privacy-identity-number", "a.csv", 2),
        ("privacy-identity-number", "a.csv", 4),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "id,amount\na,612345678\nb,712345678,x\n"),
        ("t.csv", "id,amount\na,34612345678\n"),
        ("t.jsonl", '{"id":"a","amount":34612345678}\n'),
        ("catalog.ttl", "<a> b:size 34612345678 .\n"),
        ("t.jsonl", '{"id":"a","amount":612345678}\n{"list":[612345678,712345678]}\n'),
        ("metadata.json", '{\n  "size": 612345678,\n  "sha256": "' + "6" * 64 + '"\n}\n'),
        ("catalog.ttl", '<a> b:size 612345678 ; b:c "712345678"^^xsd:nonNegativeInteger .\n'),
        ("catalog.rdf", '<a rdf:datatype="http://www.w3.org/2001/XMLSchema#integer">612345678</a>'),
        ("catalog.jsonld", '{"@type": "xsd:integer", "@value": "612345678"}'),
    ],
)
def test_a_number_of_the_format_is_no_telephone(name: str, text: str) -> None:
    assert texts_found({name: text}) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "id,text\na,llame al 612345678\n"),
        ("t.jsonl", '{"id":"a","text":"612345678"}\n'),
        ("t.jsonl", '{"id":"a","text":"dijo \\"uno\\" 612345678, y"}\n'),
        ("catalog.ttl", '<a> b:text "Llame al 612345678" .\n'),
        ("catalog.ttl", "<a> b:tel <tel:+34612345678> .\n"),
        ("CHANGES.md", "612345678\n"),
    ],
)
def test_a_telephone_in_a_text_of_any_format_is_found(name: str, text: str) -> None:
    assert [code for code, _, _ in texts_found({name: text})] == ["privacy-phone"]


def test_a_name_that_goes_on_in_the_next_line_is_found(hashes: Path) -> None:
    texts = {"CHANGES.md": "Uno\nsegún Zacarías\nInventado Ruiz"}
    assert texts_found(texts, personal_hashes=hashes) == [("privacy-name", "CHANGES.md", 2)]


def test_the_name_of_a_body_may_be_a_value_of_a_file_but_not_part_of_its_prose(hashes: Path) -> None:
    fine = {"t.jsonl": f'{{"name":"{BODY}"}}', "t.csv": f"id,name\na,{BODY}\n", "t.ttl": f'<a> b "{BODY}"@es .'}
    assert texts_found(fine, personal_hashes=hashes) == []
    prose = {"t.jsonl": f'{{"name":"La {BODY} dijo"}}'}
    assert texts_found(prose, personal_hashes=hashes) == [("privacy-name", "t.jsonl", 1)]


def test_findings_of_texts_are_capped_and_counted() -> None:
    texts = {"t.csv": "".join(f"x{n},{DNI}\n" for n in range(30))}
    found = check_texts(project(max_findings=10), FILE, texts)
    assert len(found) == 11
    assert found[-1].params == {"code": "privacy-identity-number", "count": "20"}


# the real list, where it is at hand


def test_every_document_beside_the_project_sets_the_gate_off(shared: Path) -> None:
    documents = sorted((shared / "documents").glob("*.txt"))
    listed = project(personal_hashes=shared / "facts" / "tables" / "personal_data_hashes.csv")
    found = {p.name: check_texts(listed, FILE, {p.name: p.read_text(encoding="utf-8")}) for p in documents}
    # the first names no person, only a mailbox that the list lets stand: without the list it is a finding
    first = documents[0]
    assert found.pop(first.name) == []
    assert codes(check_texts(project(), FILE, {first.name: first.read_text(encoding="utf-8")})) == ["privacy-email"]
    assert len(found) == 4
    assert all("privacy-name" in codes(f) for f in found.values())


def test_every_entry_of_the_list_is_found_in_its_document(shared: Path) -> None:
    path = shared / "facts" / "tables" / "personal_data_hashes.csv"
    names = load_names(path)
    for entry in csv.DictReader(path.open(encoding="utf-8")):
        digest = bytes.fromhex(entry["sha256_normalised"])
        if entry["publishable"] != "yes":
            one = Names({digest: entry["pii_id"]}, names.bodies)
            text = (shared / "documents" / entry["source"]).read_text(encoding="utf-8")
            assert list(one.find(plain(text))), entry["pii_id"]


def test_the_shipped_facts_hold_nothing_personal(shared: Path) -> None:
    checked_by = project(personal_hashes=shared / "facts" / "tables" / "personal_data_hashes.csv")
    for path in sorted((shared / "facts" / "tables").glob("*/*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        columns = [field(name) for name in ["id", *[c for c in rows[0] if c != "note"]]] if rows else [field("id")]
        file = dataset(resource("t", columns), name="facts")
        one = file.resource("t")
        cells = Places("facts", one, table(one, [{**row, "id": str(n)} for n, row in enumerate(rows)]))
        found = [(f.code, f.row, f.field) for f in check_cells(checked_by, [cells])]
        assert found == [], path.name
