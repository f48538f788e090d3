/** split2 ships no types; `overflow` is how it tells that it is passing over a line that is too long. */
declare module "split2" {
  import type { Transform } from "node:stream";

  interface SplitStream extends Transform {
    readonly overflow: boolean;
  }
  interface SplitOptions {
    /** Units that may be buffered before a line end is found. */
    readonly maxLength?: number;
    /** Pass over a longer line instead of failing. */
    readonly skipOverflow?: boolean;
  }
  export default function split(options?: SplitOptions): SplitStream;
  export default function split(matcher: RegExp, options?: SplitOptions): SplitStream;
}
