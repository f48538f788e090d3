import { expect, test } from "vitest";
import { distinctLabels, projectLabel, projectName } from "../../src/view/project-name.ts";

const HOME = "/home/ada";

test.for<[path: string, label: string]>([
  ["/home/ada", "~"],
  ["/home/ada/acme", "acme"],
  ["/home/ada/acme/", "acme"],
  ["/", "/"],
  ["/home/ada/src/cli/.claude/worktrees/3", "cli#3"],
  ["/home/ada/src/cli/.claude/worktrees/fix/packages/web", "cli#fix/packages/web"],
  ["/home/ada/src/cli/.claude", ".claude"],
  ["/home/ada/src/cli/.claude/worktrees", "worktrees"],
  ["/home/ada/.claude/worktrees/x", "ada#x"],
  ["/home/ada/cli/.worktrees/fix", "cli#fix"],
  ["/home/ada/cli/.worktrees/fix/web", "cli#fix/web"],
  ["/home/ada/.cursor/worktrees/cli/a1b2", "cli#a1b2"],
  ["/home/ada/conductor/workspaces/cli/oslo", "cli#oslo"],
  ["/srv/worktrees/cli/3", "cli#3"],
  ["/srv/cli/worktrees/3", "cli#3"],
  ["/home/ada/workspaces/acme", "acme"],
  ["/home/ada/.t3/worktrees/cli", "cli"],
  ["/worktrees/cli", "cli"],
  ["C:\\src\\cli\\.claude\\worktrees\\3", "cli#3"],
  ["C:\\src\\cli", "cli"],
  ["-home-ada-acme", "-home-ada-acme"],
])("%s is called %s", ([path, label]) => {
  expect(projectLabel(projectName(path, HOME))).toBe(label);
});

test.for<[path: string, worktree: string, main: string, label: string]>([
  ["/src/3", "/src/3", "/src/cli", "cli#3"],
  ["/src/cli-3", "/src/cli-3", "/src/cli", "cli#3"],
  ["/src/cli.fix/web", "/src/cli.fix", "/src/cli", "cli#fix/web"],
  ["/src/cli", "/src/cli", "/other/cli", "cli#cli"],
  ["/src/cli/main", "/src/cli/main", "/src/cli/.bare", "cli#main"],
  ["/src/next", "/src/next", "/src/cli.git", "cli#next"],
])("%s, a worktree of which git knows, is called after its repository", ([path, worktree, main, label]) => {
  expect(projectLabel(projectName(path, HOME, () => ({ path: worktree, main })))).toBe(label);
});

test("git is not consulted if the path decides", () => {
  const asked: string[] = [];
  const find = (path: string) => (asked.push(path), undefined);
  expect(projectLabel(projectName("/src/cli/.claude/worktrees/3", HOME, find))).toBe("cli#3");
  expect(projectLabel(projectName("/src/cli", HOME, find))).toBe("cli");
  expect(asked).toEqual(["/src/cli"]);
});

test("directories with the same name are distinguished by their parents", () => {
  const of = (...paths: string[]) => [
    ...distinctLabels(paths.map((path) => ({ path, label: projectLabel(projectName(path, HOME)) }))).values(),
  ];
  expect(of("/a/web", "/b/web", "/a/api")).toEqual(["a/web", "b/web", "api"]);
  expect(of("/a/src/web", "/b/src/web")).toEqual(["a/src/web", "b/src/web"]);
  expect(of("/a/web", "/a/web")).toEqual(["web"]);
  expect(of("/x/cli/.claude/worktrees/3", "/y/cli/.claude/worktrees/3")).toEqual(["cli#3", "cli#3"]);
});
