import { equals, type RowScan } from "../rows/json-scanner.ts";

/**
 * Where the members that a list looks at stand in a row that was scanned: indexes into `scan.members`, -1 for absent.
 * Of a key that occurs twice the last one counts, as for `JSON.parse`. One object is used for row after row.
 */
export class RowKeys {
  type = -1;
  tag = -1;
  cwd = -1;
  isMeta = -1;
  message = -1;
  summary = -1;
  aiTitle = -1;
  teamName = -1;
  agentName = -1;
  timestamp = -1;
  gitBranch = -1;
  entrypoint = -1;
  parentUuid = -1;
  lastPrompt = -1;
  forkedFrom = -1;
  sessionKind = -1;
  customTitle = -1;
  isSidechain = -1;
  pluginPrompt = -1;
  relocatedCwd = -1;
  isCompactSummary = -1;
  continuedInSessionId = -1;

  /** Takes the members that lie between two offsets, from the quote before the key to the end of the value. */
  read(bytes: Uint8Array, scan: RowScan, from: number, to: number): void {
    this.type = this.tag = this.cwd = this.isMeta = this.message = this.summary = this.aiTitle = -1;
    this.timestamp = this.gitBranch = this.entrypoint = this.parentUuid = this.lastPrompt = this.forkedFrom = -1;
    this.sessionKind = this.customTitle = this.isSidechain = this.relocatedCwd = this.pluginPrompt = -1;
    this.isCompactSummary = this.continuedInSessionId = this.teamName = this.agentName = -1;
    const { members } = scan;
    for (let i = 0; i < scan.count * 4; i += 4) {
      const start = members[i] as number;
      if (start <= from || (members[i + 3] as number) > to) continue;
      const end = members[i + 1] as number;
      switch (end - start) {
        case 3:
          if (equals(bytes, start, end, CWD)) this.cwd = i;
          else if (equals(bytes, start, end, TAG)) this.tag = i;
          break;
        case 4:
          if (equals(bytes, start, end, TYPE)) this.type = i;
          break;
        case 6:
          if (equals(bytes, start, end, IS_META)) this.isMeta = i;
          break;
        case 7:
          if (equals(bytes, start, end, MESSAGE)) this.message = i;
          else if (equals(bytes, start, end, SUMMARY)) this.summary = i;
          else if (equals(bytes, start, end, AI_TITLE)) this.aiTitle = i;
          break;
        case 8:
          if (equals(bytes, start, end, TEAM_NAME)) this.teamName = i;
          break;
        case 9:
          if (equals(bytes, start, end, TIMESTAMP)) this.timestamp = i;
          else if (equals(bytes, start, end, GIT_BRANCH)) this.gitBranch = i;
          else if (equals(bytes, start, end, AGENT_NAME)) this.agentName = i;
          break;
        case 10:
          if (equals(bytes, start, end, PARENT_UUID)) this.parentUuid = i;
          else if (equals(bytes, start, end, ENTRYPOINT)) this.entrypoint = i;
          else if (equals(bytes, start, end, LAST_PROMPT)) this.lastPrompt = i;
          else if (equals(bytes, start, end, FORKED_FROM)) this.forkedFrom = i;
          break;
        case 11:
          if (equals(bytes, start, end, IS_SIDECHAIN)) this.isSidechain = i;
          else if (equals(bytes, start, end, CUSTOM_TITLE)) this.customTitle = i;
          else if (equals(bytes, start, end, SESSION_KIND)) this.sessionKind = i;
          break;
        case 12:
          if (equals(bytes, start, end, RELOCATED_CWD)) this.relocatedCwd = i;
          else if (equals(bytes, start, end, PLUGIN_PROMPT)) this.pluginPrompt = i;
          break;
        case 16:
          if (equals(bytes, start, end, IS_COMPACT_SUMMARY)) this.isCompactSummary = i;
          break;
        case 20:
          if (equals(bytes, start, end, CONTINUED_IN)) this.continuedInSessionId = i;
      }
    }
  }
}

const key = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const TYPE = key("type");
const TAG = key("tag");
const CWD = key("cwd");
const IS_META = key("isMeta");
const MESSAGE = key("message");
const SUMMARY = key("summary");
const AI_TITLE = key("aiTitle");
const TEAM_NAME = key("teamName");
const AGENT_NAME = key("agentName");
const TIMESTAMP = key("timestamp");
const GIT_BRANCH = key("gitBranch");
const ENTRYPOINT = key("entrypoint");
const PARENT_UUID = key("parentUuid");
const LAST_PROMPT = key("lastPrompt");
const FORKED_FROM = key("forkedFrom");
const SESSION_KIND = key("sessionKind");
const CUSTOM_TITLE = key("customTitle");
const IS_SIDECHAIN = key("isSidechain");
const RELOCATED_CWD = key("relocatedCwd");
const PLUGIN_PROMPT = key("pluginPrompt");
const IS_COMPACT_SUMMARY = key("isCompactSummary");
const CONTINUED_IN = key("continuedInSessionId");
