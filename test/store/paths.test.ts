import { expect, test } from "vitest";
import * as paths from "../../src/store/paths.ts";

const id = "00000000-0000-4000-8000-000000000001";
const project = paths.projectDir("/c", "-srv-x");

test("each thing has its place", () => {
  expect({
    projects: paths.projectsPath("/c"),
    project,
    transcript: paths.transcriptPath(project, id),
    sidecar: paths.sidecarPath(project, id),
    subagents: paths.subagentsPath(project, id),
    customTitle: paths.customTitlePath(project, id),
    archived: paths.archivedMarkPath(project, id),
    released: paths.desktopReleasedPath(project, id),
    trash: paths.trashPath("/c"),
    fileHistory: paths.fileHistoryPath("/c", id),
    env: paths.sessionEnvPath("/c", id),
    todos: paths.todosPath("/c"),
    tasks: paths.tasksPath("/c", id),
    uploads: paths.uploadsPath("/c", id),
    pids: paths.pidFilesPath("/c"),
    history: paths.historyPath("/c"),
  }).toEqual({
    projects: "/c/projects",
    project: { configDir: "/c", key: "-srv-x", path: "/c/projects/-srv-x" },
    transcript: `/c/projects/-srv-x/${id}.jsonl`,
    sidecar: `/c/projects/-srv-x/${id}`,
    subagents: `/c/projects/-srv-x/${id}/subagents`,
    customTitle: `/c/projects/-srv-x/${id}/custom-title.json`,
    archived: `/c/projects/-srv-x/${id}/archived.json`,
    released: `/c/projects/-srv-x/${id}.desktop-released.json`,
    trash: "/c/claude-transcripts/trash",
    fileHistory: `/c/file-history/${id}`,
    env: `/c/session-env/${id}`,
    todos: "/c/todos",
    tasks: `/c/tasks/${id}`,
    uploads: `/c/uploads/${id}`,
    pids: "/c/sessions",
    history: "/c/history.jsonl",
  });
});

test.each(["", ".", "..", "a/b", "../x", "a\0"])("%j is no key", (key) => {
  expect(() => paths.projectDirPath("/c", key)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
});

const byId: [string, (id: string) => string][] = [
  ["transcript", (bad) => paths.transcriptPath(project, bad)],
  ["sidecar", (bad) => paths.sidecarPath(project, bad)],
  ["subagents", (bad) => paths.subagentsPath(project, bad)],
  ["released", (bad) => paths.desktopReleasedPath(project, bad)],
  ["fileHistory", (bad) => paths.fileHistoryPath("/c", bad)],
  ["env", (bad) => paths.sessionEnvPath("/c", bad)],
  ["tasks", (bad) => paths.tasksPath("/c", bad)],
  ["uploads", (bad) => paths.uploadsPath("/c", bad)],
  ["todo", (bad) => String(paths.isTodoName("x", bad))],
];
test.each(byId)("no path of %s is made of what is no session id", (_, make) => {
  for (const bad of ["", "..", "../../x", `../${id}`, `${id}/..`]) {
    expect(() => make(bad)).toThrow(expect.objectContaining({ code: "InvalidSessionId" }));
  }
});

test.each([
  [`${id}.json`, true],
  [`${id}-agent-${id}.json`, true],
  [id, true],
  ["00000000-0000-4000-8000-000000000002.json", false],
  [`x${id}.json`, false],
])("todo %j", (name, expected) => {
  expect(paths.isTodoName(name, id)).toBe(expected);
});
