# Solr with the schema of the very CKAN that asks it. Built from the root of the project.
FROM python:3.11.11-slim-bookworm AS schema
COPY requirements-ckan.txt /tmp/
RUN pip download --quiet --no-deps --require-hashes --dest /tmp/ckan -r /tmp/requirements-ckan.txt --only-binary ckan \
 && cd /tmp && python -m zipfile -e /tmp/ckan/ckan-2*.whl /tmp/unpacked

FROM solr:9.8.1-slim
COPY --from=schema /tmp/unpacked/ckan/config/solr/schema.xml /opt/ckan/conf/schema.xml
COPY deploy/ckan/solr/solrconfig.xml /opt/ckan/conf/solrconfig.xml
USER root
RUN touch /opt/ckan/conf/synonyms.txt /opt/ckan/conf/protwords.txt /opt/ckan/conf/stopwords.txt
USER solr
CMD ["solr-precreate", "ckan", "/opt/ckan"]
