# The whole platform in one image: `web`, `worker`, `poll`, `migrate` and every other verb of `ema`.
#   docker build -t ema .
# Never built where this was written (no container engine); tests/deploy reads it and runs the same commands outside.

FROM python:3.13-slim-trixie AS dependencies
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock .
# Wheels only, every one by its hash: nothing is compiled, so no compiler is needed here either.
RUN python -m venv --without-pip /opt/venv \
 && python -m pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: -r requirements.lock

FROM python:3.13-slim-trixie
# `ema backup` calls pg_dump; it must not be older than the server (compose.yaml: 17)
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-client-17 \
 && rm -rf /var/lib/apt/lists/* \
 && python -m pip uninstall --yes --quiet pip \
 && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin ema \
 && install --directory --owner=ema --group=ema --mode=0700 /data
COPY --from=dependencies /opt/venv /opt/venv
WORKDIR /app
COPY pyproject.toml LICENSE ./
COPY migrations migrations
COPY questionnaires questionnaires
COPY analysis analysis
COPY bot bot
COPY ema ema
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    EMA_DATA_DIR=/data \
    EMA_BIND=0.0.0.0 \
    EMA_PORT=8000
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"EMA_PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "ema"]
CMD ["serve"]
