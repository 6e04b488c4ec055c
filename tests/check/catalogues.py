"""Small catalogues as Turtle, for the tests of the gates over RDF."""

from pipelines.check.catalogue.graph import Described, read_graph

PREFIXES = """
@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcatap: <http://data.europa.eu/r5r/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
@prefix spdx: <http://spdx.org/rdf/terms#> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix x: <http://pueblo.example/> .
"""
A = "http://publications.europa.eu/resource/authority"
ORGANISM = "http://datos.gob.es/recurso/sector-publico/org/Organismo/L01280796"
SECTOR = "http://datos.gob.es/kos/sector-publico/sector/economia"
X = "http://pueblo.example/"

CATALOGUE = f"""
x:catalogue a dcat:Catalog ; dct:title "Catálogo"@es ; dct:description "Datos abiertos del pueblo."@es ;
  dct:publisher <{ORGANISM}> ; dct:issued "2026-01-15"^^xsd:date ; dct:modified "2026-11-20"^^xsd:date ;
  foaf:homepage x:home ; dcat:themeTaxonomy <http://datos.gob.es/kos/sector-publico/sector> ;
  dct:language <{A}/language/SPA> ; dct:license <{A}/licence/CC_BY_4_0> ;
  dct:spatial <http://datos.gob.es/recurso/sector-publico/territorio/Pais/España> ; dcat:dataset x:d .
"""
DATASET = f"""
x:d a dcat:Dataset ; dct:title "Talleres"@es ; dct:description "Los talleres del pueblo."@es ;
  dct:identifier "11111111-1111-4111-8111-111111111111" ; dct:publisher <{ORGANISM}> ; dcat:theme <{SECTOR}> ;
  dcat:keyword "taller"@es ; dcat:contactPoint x:contact ; dct:temporal x:period ;
  dct:spatial <http://datos.gob.es/recurso/sector-publico/territorio/Provincia/Madrid> ;
  dct:accessRights <{A}/access-right/PUBLIC> ; dct:issued "2026-01-15"^^xsd:date ;
  dct:modified "2026-11-20T05:00:00Z"^^xsd:dateTime ; dct:accrualPeriodicity <{A}/frequency/MONTHLY> ;
  dcatap:applicableLegislation <https://www.boe.es/eli/es/l/2007/11/16/37> ; dcat:distribution x:f .
x:contact a vcard:Kind , vcard:Organization ; vcard:fn "Oficina"@es ; vcard:organization-name "Pueblo"@es ;
  vcard:hasEmail <mailto:datos@pueblo.example> ; vcard:hasTelephone <tel:+34910000000> ;
  vcard:hasURL x:form ; vcard:hasUID <{ORGANISM}> .
x:period a dct:PeriodOfTime ; dcat:startDate "2026-01-01"^^xsd:date ; dcat:endDate "2026-12-31"^^xsd:date .
"""
FILE = f"""
x:f a dcat:Distribution ; dct:title "Talleres (CSV)"@es ; dct:description "CSV en UTF-8."@es ;
  dcat:accessURL x:page ; dcat:downloadURL x:talleres.csv ; dct:format <{A}/file-type/CSV> ;
  dcat:mediaType <http://www.iana.org/assignments/media-types/text/csv> ; dct:license <{A}/licence/CC_BY_4_0> ;
  dct:rights <{A}/access-right/PUBLIC> ; dcat:byteSize "99"^^xsd:nonNegativeInteger ;
  dcatap:availability <{A}/planned-availability/STABLE> ; adms:status <{A}/distribution-status/COMPLETED> ;
  dcatap:applicableLegislation <https://www.boe.es/eli/es/l/2007/11/16/37> ; spdx:checksum x:sum .
x:sum a spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_sha1 ;
  spdx:checksumValue "da39a3ee5e6b4b0d3255bfef95601890afd80709"^^xsd:hexBinary .
"""
WHOLE = PREFIXES + CATALOGUE + DATASET + FILE


def graph(text: str = WHOLE, *more: str) -> Described:
    """`text` and more statements, read; it must be RDF."""
    read = read_graph((text + "".join(more)).encode(), "ttl")
    assert not read.findings, read.findings[0].what("en")
    return read


def swapped(before: str, after: str, text: str = WHOLE) -> str:
    """`text` with one thing in place of another, which must be there."""
    assert before in text, before
    return text.replace(before, after)
