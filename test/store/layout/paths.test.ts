import { expect, test } from "vitest";
import * as paths from "../../../src/store/layout/paths.ts";

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
    trash: paths.trashPath("/c"),
    job: paths.jobPath("/c", id),
    pids: paths.pidFilesPath("/c"),
  }).toEqual({
    projects: "/c/projects",
    project: { configDir: "/c", key: "-srv-x", path: "/c/projects/-srv-x" },
    transcript: `/c/projects/-srv-x/${id}.jsonl`,
    sidecar: `/c/projects/-srv-x/${id}`,
    subagents: `/c/projects/-srv-x/${id}/subagents`,
    customTitle: `/c/projects/-srv-x/${id}/custom-title.json`,
    archived: `/c/projects/-srv-x/${id}/archived.json`,
    trash: "/c/claude-transcripts/trash",
    job: "/c/jobs/00000000",
    pids: "/c/sessions",
  });
});

test.each(["", ".", "..", "a/b", "../x", "a\0"])("%j is no key", (key) => {
  expect(() => paths.projectDirPath("/c", key)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
});

const byId: [string, (id: string) => string][] = [
  ["transcript", (bad) => paths.transcriptPath(project, bad)],
  ["sidecar", (bad) => paths.sidecarPath(project, bad)],
  ["subagents", (bad) => paths.subagentsPath(project, bad)],
  ["job", (bad) => paths.jobPath("/c", bad)],
];
test.each(byId)("no path of %s is made of what is no session id", (_, make) => {
  for (const bad of ["", "..", "../../x", `../${id}`, `${id}/..`]) {
    expect(() => make(bad)).toThrow(expect.objectContaining({ code: "InvalidSessionId" }));
  }
});
