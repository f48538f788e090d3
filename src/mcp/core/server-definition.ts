import type { Content, ResourceContent } from "./answer-content.ts";
import type { Context } from "./context.ts";
import type { Service } from "./service.ts";
import type { Tool } from "./tool.ts";

/** Everything that a server offers. Independent of the SDK: `wire/sdk-adapter` registers it there. */
export interface ServerDefinition {
  /** Loads the tools at the first call; always returns the same ones. */
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
}

interface ResourceTemplate extends Omit<Resource, "uri"> {
  readonly uriTemplate: string;
}

export interface Resources {
  readonly templates: readonly ResourceTemplate[];
  /** Returns the values of a variable that begin with `value`, given the values chosen for others. Absent: none are known. */
  complete?(
    variable: string,
    value: string,
    chosen: Readonly<Record<string, string>>,
    context: Context,
  ): Promise<Completion>;
  /** Returns a page. Throws `InvalidCursorError`. */
  list(
    cursor: string | undefined,
    context: Context,
  ): Promise<{
    readonly resources: readonly Resource[];
    readonly nextCursor?: string | undefined;
    readonly _meta?: Readonly<Record<string, unknown>>;
  }>;
  /** Returns undefined if there is no such resource. The URI is as the client wrote it. */
  read(uri: string, context: Context): Promise<readonly ResourceContent[] | undefined>;
  /** Reports changes until `close`. Absent: clients cannot subscribe. */
  watch?(service: Service, events: ResourceEvents): ResourceWatch;
}

export interface ResourceEvents {
  /** A resource that the client subscribed to has changed. */
  updated(uri: string): void;
  /** Resources were added or removed. */
  listChanged(): void;
}

export interface ResourceWatch {
  /** Returns whether there is such a resource. Throws `ToolFailure` if there are too many subscriptions. */
  subscribe(uri: string): Promise<boolean>;
  unsubscribe(uri: string): void;
  close(): void;
}

export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** Throws `ToolFailure` for arguments that name nothing. */
  get(
    values: Readonly<Record<string, string>>,
    context: Context,
  ): Promise<readonly { readonly role: "user" | "assistant"; readonly content: Content }[]>;
}

interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** Returns the values that begin with `value`. Absent: none are known. */
  complete?(value: string, context: Context): Promise<Completion>;
}

/** At most 100 values, the protocol's limit; `total` counts all. */
export interface Completion {
  readonly values: readonly string[];
  readonly total: number;
}
