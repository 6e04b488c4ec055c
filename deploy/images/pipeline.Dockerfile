# The pipeline. Built from the root of the project; what a city edits is mounted, see compose.yaml.
FROM python:3.11.11-slim-bookworm
WORKDIR /srv/opendata
COPY requirements.txt pyproject.toml README.md ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pipelines pipelines
COPY schemas schemas
COPY sources sources
COPY targets targets
COPY vocab vocab
COPY opendata.toml workspace.yaml ./
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
 && useradd --system --uid 504 --create-home opendata && install -d -o opendata /store
USER opendata
VOLUME /store
ENTRYPOINT ["opendata"]
CMD ["publish"]
