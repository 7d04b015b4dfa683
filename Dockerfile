# The operator, in one file, on a plain Node. For a smaller attack surface give RUNTIME_IMAGE a distroless Node 24 image:
# `docker build --build-arg RUNTIME_IMAGE=… .`; both kinds take the script as the command.
ARG BUILD_IMAGE=node:24-trixie-slim
ARG RUNTIME_IMAGE=node:24-trixie-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No package needs its install script here: the image brings Node, and esbuild finds its binary without.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY crds crds
COPY hack/build.ts hack/build.ts
COPY src src
RUN node hack/build.ts

FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY LICENSE ./
COPY --from=build /build/dist/operator.cjs /build/dist/operator.cjs.LEGAL.txt /build/dist/package.json ./
COPY --from=build /build/dist/crds crds
ENV NODE_ENV=production
# The framework brings an HTTP client that we never call and whose one warning nobody here can act on.
ENV NODE_OPTIONS="--disable-proto=delete --disable-warning=DEP0040 --max-old-space-size-percentage=75"
USER 65532:65532
EXPOSE 8080
CMD ["/app/operator.cjs"]
