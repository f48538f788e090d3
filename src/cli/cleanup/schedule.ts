import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { shellWord } from "../../view/resume.ts";
import { filterWords } from "../filter/read-filter.ts";
import { type Invocation, mustBe, oneOf, UsageError } from "../terminal/command.ts";

/** Programs that run a command every day. */
const SCHEDULERS = ["cron", "systemd", "launchd"] as const;
type Scheduler = (typeof SCHEDULERS)[number];

/** When the clean-up runs: at night, and not on the hour, when everything else does. */
const [HOUR, MINUTE] = [4, 17];
const NAME = "claude-transcripts-cleanup";
/** Options of `cleanup` besides the filter that go on to the scheduled command. */
const FLAGS = ["archived", "programmatic", "include-titled", "include-tagged", "force"];

/** Returns what to give a scheduler, so that it runs this clean-up every day. Throws `UsageError` for an unknown one. */
export function scheduleText({ configDirs, values }: Invocation, given: string): string {
  if (!isScheduler(given)) throw mustBe("--schedule", oneOf(SCHEDULERS), given);
  const words = [
    process.execPath,
    process.argv[1] ?? "",
    "cleanup",
    ...filterWords(values),
    ...FLAGS.filter((name) => values[name] === true).map((name) => `--${name}`),
    ...resolveConfigDirs({ configDirs }).flatMap((dir) => ["--config-dir", dir]),
    "--yes",
  ];
  const odd = words.find((word) => /\p{Cc}/u.test(word));
  if (odd !== undefined) throw new UsageError(`"${odd}" has a control character, which no schedule can have`);
  return { cron, systemd, launchd }[given](words);
}

const isScheduler = (text: string): text is Scheduler => (SCHEDULERS as readonly string[]).includes(text);

/** A line for `crontab -e`, in which a plain % ends the command. */
const cron = (words: readonly string[]): string =>
  `${MINUTE} ${HOUR} * * * ${words
    .map((word) => shellWord(word, "linux"))
    .join(" ")
    .replaceAll("%", String.raw`\%`)}\n`;

/** Two units, with the commands that install them. */
const systemd = (words: readonly string[]): string => `# ~/.config/systemd/user/${NAME}.service
[Unit]
Description=Clean up Claude Code sessions

[Service]
Type=oneshot
ExecStart=${words.map(systemdWord).join(" ")}

# ~/.config/systemd/user/${NAME}.timer
[Unit]
Description=Clean up Claude Code sessions every day

[Timer]
OnCalendar=*-*-* ${two(HOUR)}:${two(MINUTE)}:00
Persistent=true

[Install]
WantedBy=timers.target

# Then: systemctl --user enable --now ${NAME}.timer
`;

/** Quotes a word of `ExecStart` (systemd.service, "Command lines"). */
const systemdWord = (word: string): string =>
  `"${word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', String.raw`\"`)
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$")}"`;

const two = (n: number): string => String(n).padStart(2, "0");

/** A property list for `launchctl`. */
const launchd = (words: readonly string[]): string => `<?xml version="1.0" encoding="UTF-8"?>
<!-- ~/Library/LaunchAgents/${NAME}.plist; then: launchctl load ~/Library/LaunchAgents/${NAME}.plist -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${NAME}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xml(word)}</string>`).join("\n")}
  </array>
  <key>StartCalendarInterval</key>
  <dict>
    <key>Hour</key>
    <integer>${HOUR}</integer>
    <key>Minute</key>
    <integer>${MINUTE}</integer>
  </dict>
</dict>
</plist>
`;

const xml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
