# cleanplate in a container, from the wheel: `python -m build --wheel` first, then
#
#     docker build -t cleanplate .
#     docker build -t cleanplate:gpu --build-arg BASE=nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 --build-arg DEVICE=gpu .
#
# The loops are compiled while it is built, so that no product waits for them.
ARG BASE=python:3.12-slim
FROM ${BASE}
ARG DEVICE=cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 VIRTUAL_ENV=/opt/cleanplate PATH=/opt/cleanplate/bin:$PATH
RUN if ! command -v python3 >/dev/null; then \
        apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*; \
    fi && python3 -m venv /opt/cleanplate
COPY dist/cleanplate-*.whl /tmp/
RUN pip install "$(ls /tmp/cleanplate-*.whl)[scale,usd]" && rm /tmp/cleanplate-*.whl && \
    if [ "$DEVICE" = gpu ]; then pip uninstall -y onnxruntime && pip install 'onnxruntime-gpu>=1.20'; fi
ENV NUMBA_CACHE_DIR=/opt/cleanplate/numba
RUN cleanplate demo --out /tmp/demo && rm -r /tmp/demo && chmod -R a+rX /opt/cleanplate
RUN useradd --create-home cleanplate
USER cleanplate
WORKDIR /data
ENTRYPOINT ["cleanplate"]
