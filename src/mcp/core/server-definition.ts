import type { Content, ResourceContent } from "./answer-content.ts";
import type { Context } from "./context.ts";
import type { Service } from "./service.ts";
import type { Tool } from "./tool.ts";

/** All that a server offers. The SDK is told of it in sdk.ts; nothing here knows it. */
export interface Tables {
  /** Loaded when they are first asked for; always the same ones. */
  tools(): Promise<readonly Tool[]>;
  readonly resources: Resources;
  readonly prompts: readonly Prompt[];
}

interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  /** Bytes. */
  readonly size?: number;
}

interface ResourceTemplate extends Omit<Resource, "uri" | "size"> {
  readonly uriTemplate: string;
  /** The values of a variable that begin so, given those of others that were chosen already. Absent: none are known. */
  complete?(
    variable: string,
    value: string,
    chosen: Readonly<Record<string, string>>,
    context: Context,
    service: Service,
  ): Promise<Completion>;
}

interface Resources {
  readonly templates: readonly ResourceTemplate[];
  /** A page. Throws `InvalidCursorError`. */
  list(
    cursor: string | undefined,
    context: Context,
    service: Service,
  ): Promise<{
    readonly resources: readonly Resource[];
    readonly nextCursor?: string | undefined;
    readonly _meta?: Readonly<Record<string, unknown>>;
  }>;
  /** Undefined where there is no such resource. The URI is as the client wrote it. */
  read(uri: string, context: Context, service: Service): Promise<readonly ResourceContent[] | undefined>;
  /**
   * Tells `updated` each time a resource changes that was subscribed to, and `listChanged` when there are others. Ends with
   * `close`. Absent: nothing can be subscribed to.
   */
  watch?(service: Service, news: ResourceNews): ResourceWatch;
}

interface ResourceNews {
  updated(uri: string): void;
  listChanged(): void;
}

export interface ResourceWatch {
  /** Whether there is such a resource. Throws `ToolFailure` where there are too many subscriptions. */
  subscribe(uri: string): Promise<boolean>;
  unsubscribe(uri: string): void;
  close(): void;
}

interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** Throws `ToolFailure` for arguments that lead nowhere. */
  get(
    values: Readonly<Record<string, string>>,
    context: Context,
    service: Service,
  ): Promise<readonly { readonly role: "user" | "assistant"; readonly content: Content }[]>;
}

interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** The values that begin so. Absent: none are known. */
  complete?(value: string, context: Context, service: Service): Promise<Completion>;
}

/** At most 100 values; `total` of all that there are. */
export interface Completion {
  readonly values: readonly string[];
  readonly total: number;
}
