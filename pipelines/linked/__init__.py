"""The data as linked data: rows as RDF by the mapping in the dataset file, and RDF as rows again.

What belongs here: graphs of tables, the ontology and VoID as RDF, the dump, and queries over them. What does not: the
RDF of the catalogue, which is `describe`, and the words of a mapping, which are `contracts.mapping`.
"""
