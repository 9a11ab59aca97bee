# One image for every process of the system: the command says which one.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# What is installed is what the locks name, byte for byte; the environment holds no installer.
COPY requirements.lock requirements-build.lock ./
RUN python -m venv --without-pip /opt/crps \
 && python -m pip --python /opt/crps/bin/python install --require-hashes -r requirements.lock \
 && python -m venv tools \
 && tools/bin/pip install --require-hashes -r requirements-build.lock
COPY . .
RUN tools/bin/hatchling build -t wheel -d dist \
 && python -m pip --python /opt/crps/bin/python install --no-deps --no-index dist/*.whl

FROM python:3.11-slim
LABEL org.opencontainers.image.title="crps" \
      org.opencontainers.image.description="Chain receipt and payment: the services, the sandbox bank and the command line" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 crps \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin crps
COPY --from=build /opt/crps /opt/crps
ENV PATH=/opt/crps/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
CMD ["crps", "--help"]
