# CKAN with the extensions and the pins of `make ckan`. Built from the root of the project.
FROM python:3.11.11-slim-bookworm
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends gcc libc6-dev libpq-dev libmagic1 postgresql-client \
 && rm -rf /var/lib/apt/lists/*
COPY requirements-ckan.txt deploy/ckan/build.awk /tmp/
RUN awk -f /tmp/build.awk /tmp/requirements-ckan.txt > /tmp/build.txt \
 && pip install --no-cache-dir --require-hashes --no-deps -r /tmp/build.txt \
 && pip install --no-cache-dir --require-hashes --no-deps --no-build-isolation -r /tmp/requirements-ckan.txt \
 && rm /tmp/build.txt
RUN useradd --system --uid 503 --create-home ckan && install -d -o ckan /var/lib/ckan /srv/ckan
COPY deploy/ckan/wsgi.py deploy/ckan/accounts.py deploy/images/ckan.sh /srv/ckan/
USER ckan
WORKDIR /srv/ckan
ENTRYPOINT ["bash", "/srv/ckan/ckan.sh"]
CMD ["web"]
