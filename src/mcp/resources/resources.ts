import { agentIdsFrom, idsFrom, projectKeysFrom } from "../prompts/completions.ts";
import type { Tables } from "../core/server-definition.ts";
import { MARKDOWN, TEMPLATES } from "../core/uri.ts";
import { watchResources } from "./watch-resources.ts";

type Resources = Tables["resources"];

/**
 * Sessions and projects by their URIs. Nothing here is needed by a model: the tools give the same. What reads them is loaded
 * when it is first asked for.
 */
export const resources: Resources = {
  templates: [
    {
      uriTemplate: TEMPLATES.session,
      name: "session",
      title: "Session",
      description: "A session's conversation from its start. Its last lines name the cursor to go on: ?cursor=",
      mimeType: MARKDOWN,
      complete: completeTemplate,
    },
    {
      uriTemplate: TEMPLATES.messages,
      name: "messages",
      title: "Messages of a session",
      description: "The same as JSON, a shorter page at a time; next and previous are cursors",
      mimeType: "application/json",
      complete: completeTemplate,
    },
    {
      uriTemplate: TEMPLATES.raw,
      name: "raw",
      title: "Transcript",
      description: "The stored rows, 256 KiB at a time; the cursor is the number of the first byte",
      mimeType: "application/jsonl",
      complete: completeTemplate,
    },
    {
      uriTemplate: TEMPLATES.subagent,
      name: "subagent",
      title: "Subagent of a session",
      description: "The conversation of a subagent",
      mimeType: MARKDOWN,
      complete: completeTemplate,
    },
    {
      uriTemplate: TEMPLATES.project,
      name: "project",
      title: "Project",
      description: "The sessions of a project directory, the last active first",
      mimeType: MARKDOWN,
      complete: completeTemplate,
    },
  ],

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

type Complete = NonNullable<Resources["templates"][number]["complete"]>;

function completeTemplate(...[variable, value, chosen, context, service]: Parameters<Complete>): ReturnType<Complete> {
  if (variable === "id") return idsFrom(value, context, service);
  if (variable === "agentId") return agentIdsFrom(value, chosen["id"], service);
  if (variable === "key") return projectKeysFrom(value, context, service);
  return Promise.resolve({ values: [], total: 0 });
}
