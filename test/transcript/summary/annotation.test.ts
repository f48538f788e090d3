import { describe, expect, test } from "vitest";
import { type Annotation, annotationRows, readAnnotation, tagsOf } from "../../../src/transcript/summary/annotation.ts";

const ours = (...tags: string[]): Annotation => ({ tags, description: undefined });

describe("tagsOf", () => {
  test.for<[what: string, official: string | undefined, annotation: Annotation | undefined, tags: string[]]>([
    ["neither row", undefined, undefined, []],
    ["only the official row", "a", undefined, ["a"]],
    ["an official row that removes the tag", "", undefined, []],
    ["both rows, as they are written together", "a", ours("a", "b", "c"), ["a", "b", "c"]],
    ["a description without tags", undefined, ours(), []],
    ["a later official tag takes the first one's place", "z", ours("a", "b", "c"), ["z", "b", "c"]],
    ["a later official row removes the first tag", "", ours("a", "b", "c"), ["b", "c"]],
    ["and the only one", "", ours("a"), []],
    ["a later official tag that was one of the others", "c", ours("a", "b", "c"), ["c", "b"]],
    ["an official tag after the tags were removed", "z", ours(), ["z"]],
    ["our row alone, of which the official one is out of reach", undefined, ours("a", "b"), ["a", "b"]],
    ["a tag that is written twice", "a", ours("a", "b", "b", "a"), ["a", "b"]],
  ])("%s", ([, official, annotation, tags]) => {
    expect(tagsOf(official, annotation)).toEqual(tags);
  });
});

describe("readAnnotation", () => {
  const nothing = { tags: [], description: undefined };
  test.for<[row: Readonly<Record<string, unknown>> | undefined, annotation: Annotation | undefined]>([
    [undefined, undefined],
    [{}, nothing],
    [
      { tags: ["a", "b"], description: "d", more: 1 },
      { tags: ["a", "b"], description: "d" },
    ],
    [{ description: "" }, nothing],
    [{ tags: "a" }, undefined],
    [{ tags: null }, undefined],
    [{ tags: ["a", 1] }, undefined],
    [{ tags: ["a", ""] }, undefined],
    [{ description: 1 }, undefined],
    [
      { tags: Array.from({ length: 32 }, (_, n) => `t${n}`) },
      { ...nothing, tags: expect.objectContaining({ 31: "t31" }) },
    ],
    [{ tags: Array.from({ length: 33 }, (_, n) => `t${n}`) }, undefined],
    // The official helper accepts a tag of any length.
    [{ tags: ["x".repeat(101), "b"] }, { ...nothing, tags: ["x".repeat(101), "b"] }],
    [{ tags: ["a", "x".repeat(101)] }, undefined],
    [{ description: "x".repeat(2001) }, undefined],
  ])("of %j", ([row, annotation]) => {
    expect(readAnnotation(row)).toEqual(annotation);
  });
});

describe("annotationRows", () => {
  const NEW = { tag: undefined, hasRow: false };
  const tag = (text: string): object => ({ type: "tag", tag: text, sessionId: "S" });
  const row = (tags: string[], description?: string): object => ({
    type: "claude-transcripts-annotation",
    tags,
    description,
    sessionId: "S",
  });
  test.for<[what: string, next: Annotation, before: { tag: string | undefined; hasRow: boolean }, rows: object[]]>([
    ["one tag is the official row alone", ours("a"), NEW, [tag("a")]],
    ["several tags", ours("a", "b"), NEW, [tag("a"), row(["a", "b"])]],
    ["a description of a session without a tag", { tags: [], description: "d" }, NEW, [row([], "d")]],
    [
      "one of a tagged session",
      { tags: ["a"], description: "d" },
      { tag: "a", hasRow: false },
      [tag("a"), row(["a"], "d")],
    ],
    ["one tag where there were several", ours("a"), { tag: "b", hasRow: true }, [tag("a"), row(["a"])]],
    ["no tag where there was one", ours(), { tag: "a", hasRow: false }, [tag("")]],
    ["no tag where there were several", ours(), { tag: "a", hasRow: true }, [tag(""), row([])]],
    ["no description where there was only that", ours(), { tag: undefined, hasRow: true }, [row([])]],
    ["nothing to remove, as the official helper writes it", ours(), NEW, [tag("")]],
  ])("%s", ([, next, before, rows]) => {
    expect(annotationRows(next, before, "S")).toEqual(rows);
  });
});
