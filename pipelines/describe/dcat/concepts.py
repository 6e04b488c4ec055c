"""What the concepts that the European feed names are called, in both languages.

What belongs here: names of the concepts and schemes that DCAT-AP 3.0.1 asks to be described, and which kind of
licence or publisher a code is. What does not: whether a code exists, which is `check`.

Sources: the EU tables data-theme, planned-availability and distribution-status; the sectors of the NTI (annex IV of
the Resolution of 19 February 2013); Regulation (EU) 2023/138, annex, for the high-value categories; ADMS for kinds
of licence and publisher; DIR3 for the first letter of a body's code.
"""

from pipelines.contracts.text import Text
from pipelines.describe.dcat.base import EU, HVD_CATEGORIES, SECTORS

ADMS = "http://purl.org/adms"

PUBLISHER_TYPES = {
    "E": "NationalAuthority",
    "A": "RegionalAuthority",
    "L": "LocalAuthority",
    "U": "Academia-ScientificOrganisation",
}
"""Kind of body (ADMS publisher type) by the first letter of its DIR3 code."""

LICENCE_TYPES = {
    f"{EU}/licence/{code}": kind
    for code, kind in {
        "CC0": "PublicDomain",
        "ODC_PDDL": "PublicDomain",
        "CC_BY": "Attribution",
        "CC_BY_4_0": "Attribution",
        "ODC_BY": "Attribution",
        "CC_BYSA": "ViralEffect-ShareAlike",
        "CC_BYSA_4_0": "ViralEffect-ShareAlike",
        "ODC_BL": "ViralEffect-ShareAlike",
    }.items()
}
"""Kind of licence (ADMS licence type) of the licences that open data carry."""

_NAMES = {
    EU: {
        "data-theme": ("Temática de datos", "Data theme"),
        "data-theme/AGRI": ("Agricultura, pesca, silvicultura y alimentación", "Agriculture, fisheries, forestry and food"),
        "data-theme/ECON": ("Economía y finanzas", "Economy and finance"),
        "data-theme/EDUC": ("Educación, cultura y deportes", "Education, culture and sport"),
        "data-theme/ENER": ("Energía", "Energy"),
        "data-theme/ENVI": ("Medio ambiente", "Environment"),
        "data-theme/GOVE": ("Gobierno y sector público", "Government and public sector"),
        "data-theme/HEAL": ("Salud", "Health"),
        "data-theme/INTR": ("Asuntos internacionales", "International issues"),
        "data-theme/JUST": ("Justicia, sistema judicial y seguridad pública", "Justice, legal system and public safety"),
        "data-theme/OP_DATPRO": ("Datos provisionales", "Provisional data"),
        "data-theme/REGI": ("Regiones y ciudades", "Regions and cities"),
        "data-theme/SOCI": ("Población y sociedad", "Population and society"),
        "data-theme/TECH": ("Ciencia y tecnología", "Science and technology"),
        "data-theme/TRAN": ("Transporte", "Transport"),
        "planned-availability/STABLE": ("Estable", "Stable"),
        "distribution-status": ("Estado de la distribución", "Distribution status"),
        "distribution-status/COMPLETED": ("Completada", "Completed"),
    },
    SECTORS.rpartition("/")[0]: {
        "sector": ("Sectores públicos", "Public sectors"),
        "sector/ciencia-tecnologia": ("Ciencia y tecnología", "Science and technology"),
        "sector/comercio": ("Comercio", "Trade"),
        "sector/cultura-ocio": ("Cultura y ocio", "Culture and leisure"),
        "sector/demografia": ("Demografía", "Demography"),
        "sector/deporte": ("Deporte", "Sport"),
        "sector/economia": ("Economía", "Economy"),
        "sector/educacion": ("Educación", "Education"),
        "sector/empleo": ("Empleo", "Employment"),
        "sector/energia": ("Energía", "Energy"),
        "sector/hacienda": ("Hacienda", "Treasury"),
        "sector/industria": ("Industria", "Industry"),
        "sector/legislacion-justicia": ("Legislación y justicia", "Legislation and justice"),
        "sector/medio-ambiente": ("Medio ambiente", "Environment"),
        "sector/medio-rural-pesca": ("Medio rural y pesca", "Rural environment and fisheries"),
        "sector/salud": ("Salud", "Health"),
        "sector/sector-publico": ("Sector público", "Public sector"),
        "sector/seguridad": ("Seguridad", "Security"),
        "sector/sociedad-bienestar": ("Sociedad y bienestar", "Society and welfare"),
        "sector/transporte": ("Transporte", "Transport"),
        "sector/turismo": ("Turismo", "Tourism"),
        "sector/urbanismo-infraestructuras": ("Urbanismo e infraestructuras", "Town planning and infrastructure"),
        "sector/vivienda": ("Vivienda", "Housing"),
    },
    HVD_CATEGORIES: {
        "asd487ae75": ("Categorías de conjuntos de datos de alto valor", "High-value dataset categories"),
        "c_ac64a52d": ("Geoespacial", "Geospatial"),
        "c_dd313021": ("Observación de la Tierra y medio ambiente", "Earth observation and environment"),
        "c_164e0bf5": ("Meteorología", "Meteorological"),
        "c_e1da4e07": ("Estadística", "Statistics"),
        "c_a9135398": ("Sociedades y propiedad de sociedades", "Companies and company ownership"),
        "c_b79e35eb": ("Movilidad", "Mobility"),
    },
    ADMS: {
        "licencetype/1.0": ("Tipo de licencia", "Licence type"),
        "licencetype/Attribution": ("Atribución", "Attribution"),
        "licencetype/PublicDomain": ("Dominio público", "Public domain"),
        "licencetype/ViralEffect-ShareAlike": ("Compartir igual", "Viral effect (share-alike)"),
        "publishertype/1.0": ("Tipo de publicador", "Publisher type"),
        "publishertype/Academia-ScientificOrganisation": ("Universidad u organismo científico", "Academia/Scientific organisation"),
        "publishertype/LocalAuthority": ("Entidad local", "Local authority"),
        "publishertype/NationalAuthority": ("Administración del Estado", "National authority"),
        "publishertype/RegionalAuthority": ("Administración autonómica", "Regional authority"),
    },
}  # fmt: skip

LABELS = {f"{start}/{code}": Text(es=es, en=en) for start, names in _NAMES.items() for code, (es, en) in names.items()}
"""Name of each concept and scheme by its IRI."""
