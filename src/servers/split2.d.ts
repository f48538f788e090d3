/** split2 ships no types. */
declare module "split2" {
  import type { Transform } from "node:stream";

  export default function split(matcher?: RegExp): Transform;
}
