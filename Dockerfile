# The MCP server in a container. It serves the sessions that are mounted at /home/node/.claude:
#
#     docker build -t claude-transcripts .
#     docker run -i --rm -v ~/.claude:/home/node/.claude:ro claude-transcripts mcp --read-only

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# A package of the tests, which the lock file counts among all others.
COPY test/nodes/package.json test/nodes/
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts

FROM node:24-slim
LABEL io.modelcontextprotocol.server.name="io.github.claude-transcripts/claude-transcripts"
# Also where the container runs as somebody else, whose home is another.
ENV CLAUDE_CONFIG_DIR=/home/node/.claude
WORKDIR /app
COPY LICENSE ./
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
RUN ln -s /app/dist/cli.js /usr/local/bin/claude-transcripts
USER node
ENTRYPOINT ["claude-transcripts"]
CMD ["mcp"]
