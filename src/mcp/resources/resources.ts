import { agentIdsFrom, sessionIdsFrom, projectKeysFrom } from "../prompts/completions.ts";
import type { Resources } from "../core/server-definition.ts";
import { MARKDOWN, TEMPLATES } from "../core/uri.ts";
import { watchResources } from "./watch-resources.ts";

/** Sessions and projects by their URIs, for clients; the tools give models the same. The code that reads them is loaded lazily. */
export const resources: Resources = {
  templates: [
    {
      uriTemplate: TEMPLATES.session,
      name: "session",
      title: "Session",
      description: "A session's conversation from its start. Its last lines name the next cursor: ?cursor=",
      mimeType: MARKDOWN,
    },
    {
      uriTemplate: TEMPLATES.messages,
      name: "messages",
      title: "Messages of a session",
      description: "A session's conversation as JSON, in shorter pages; next and previous are cursors",
      mimeType: "application/json",
    },
    {
      uriTemplate: TEMPLATES.raw,
      name: "raw",
      title: "Transcript",
      description: "The stored rows, 256 KiB at a time; the cursor is the offset of the first byte",
      mimeType: "application/jsonl",
    },
    {
      uriTemplate: TEMPLATES.subagent,
      name: "subagent",
      title: "Subagent of a session",
      description: "The conversation of a subagent",
      mimeType: MARKDOWN,
    },
    {
      uriTemplate: TEMPLATES.project,
      name: "project",
      title: "Project",
      description: "The sessions of a project directory, most recently active first",
      mimeType: MARKDOWN,
    },
  ],

  async complete(variable, value, chosen, context) {
    if (variable === "id") return sessionIdsFrom(value, context);
    if (variable === "agentId") return agentIdsFrom(value, chosen["id"], context);
    if (variable === "key") return projectKeysFrom(value, context);
    return { values: [], total: 0 };
  },

  async list(...request) {
    const { listResources } = await import("./resources-read.ts");
    return listResources(...request);
  },

  async read(...request) {
    const { readResource } = await import("./resources-read.ts");
    return readResource(...request);
  },

  watch: watchResources,
};
