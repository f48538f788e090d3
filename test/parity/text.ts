import type { Rng } from "./rng.ts";

const WORDS =
  'fix the parser so that a missing newline never joins rows und prüfe それから 文字列 the 😀 path C:\\Users\\me "quoted" <b>bold</b> a\tb null {"type":"user"} 100% \u2028 line'.split(
    " ",
  );

/** What people and models write, at about `size` characters. */
export function prose(rng: Rng, size = rng.int(3, 120)): string {
  let out = "";
  while (out.length < size) out += (out === "" ? "" : rng.chance(0.06) ? "\n" : " ") + rng.pick(WORDS);
  return out;
}

/** Prompts with every shape that the first-prompt rule looks at (official-helpers.md §4.1). */
export function promptText(rng: Rng): string {
  switch (
    rng.weighted({
      prose: 12,
      long: 2,
      edge: 1,
      command: 2,
      args: 1,
      bash: 1,
      tag: 2,
      interrupted: 1,
      ide: 1,
      pasted: 1,
      blank: 1,
      upper: 1,
      stdout: 1,
    })
  ) {
    case "prose":
      return prose(rng);
    case "long":
      return prose(rng, rng.int(190, 900));
    case "edge":
      return "x".repeat(rng.int(197, 201)) + rng.pick(["", "😀 tail", "   spaces", "y"]);
    case "command":
      return `<command-name>/${rng.pick(["clear", "init", "cost", ""])}</command-name>\n<command-message>m</command-message>`;
    case "args":
      return `<command-message>init is running</command-message>\n<command-name>/init</command-name>`;
    case "bash":
      return `${rng.pick(["", "do "])}<bash-input>${rng.pick(["ls -la\n x ", "", " pwd "])}</bash-input>`;
    case "tag":
      return rng.pick([
        "<system-reminder>x",
        "<div>hello</div>",
        "<foo bar='1'> x",
        "  <tick>",
        "<task-notification>\nx",
      ]);
    case "interrupted":
      return rng.pick(["[Request interrupted by user]", "[Request interrupted by user for tool use] and more"]);
    case "ide":
      return "<ide_opened_file>a.ts</ide_opened_file> do it";
    case "pasted":
      return `fix <pasted_content id="ab12">\n${prose(rng)}\n</pasted_content id="ab12">\n please`;
    case "blank":
      return rng.pick(["", "   ", "\n\n"]);
    case "upper":
      return rng.pick(["<Foo>kept</Foo>", "<br/> kept", "<!-- c --> kept", "<3 you", "< b and c"]);
    case "stdout":
      return rng.pick([
        "<local-command-stdout>x</local-command-stdout>",
        "<local-command-caveat>Caveat</local-command-caveat>",
      ]);
  }
}

export const title = (rng: Rng): string =>
  rng.pick([
    prose(rng, rng.int(3, 40)),
    "Plain title",
    "T (fork)",
    "  spaced  ",
    "zero\u200bwidth",
    "é e\u0301",
    "a\nb",
  ]);
