/**
 * A scripted stand-in for the Messages API. It is no model: a rule is chosen by words in the last prompt, and the step
 * of that rule by how many answers have followed the prompt. Every request body is kept, in order.
 *
 *   rule  { when: "words", steps: [{ thinking?, text?, tools?: [[name, input], …], slowMs? }, …] }
 *
 * An input { fromResult: ["hits", 0, …] } is what is there in the last result, which must be JSON.
 */
import http from "node:http";

const SUMMARY = {
  when: "detailed summary of",
  steps: [
    { text: "<analysis>Short.</analysis>\n<summary>The person asked short questions and got short answers.</summary>" },
  ],
};

/** What a person, or the CLI for itself, asks: the CLI puts such a text behind tool results too. */
const promptOf = (message) =>
  (Array.isArray(message.content) ? message.content : [{ type: "text", text: message.content }])
    .filter((block) => block.type === "text" && !block.text.startsWith("<system-reminder>"))
    .map((block) => block.text)
    .join("\n");

/** The step to answer with: the last one of a rule is repeated. */
function chooseStep(rules, messages) {
  let at = messages.length - 1;
  while (at > 0 && (messages[at].role !== "user" || promptOf(messages[at]) === "")) at--;
  const prompt = promptOf(messages[at]);
  const answers = messages.slice(at + 1).filter((message) => message.role === "assistant").length;
  const rule = [SUMMARY, ...rules].find(({ when }) => prompt.includes(when));
  if (rule) return rule.steps[Math.min(answers, rule.steps.length - 1)];
  return { text: `Answer to: ${prompt.trim().split("\n").at(-1)}` };
}

function inputOf(input, messages) {
  if (input.fromResult === undefined) return input;
  const blocks = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const { content } = blocks.findLast(({ type }) => type === "tool_result");
  const text = typeof content === "string" ? content : content.map((block) => block.text ?? "").join("");
  return input.fromResult.reduce((value, key) => value[key], JSON.parse(text));
}

/** Starts on a free port of the loopback. Ids never repeat, also between runs: the CLI takes one id for one message. */
export function startModel(rules) {
  const requests = [];
  const run = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  let count = 0;

  const answer = async (body, response) => {
    const n = String(count++).padStart(4, "0");
    const step = chooseStep(rules, body.messages ?? []);
    const offered = new Set((body.tools ?? []).map((tool) => tool.name));
    const content = [];
    if (step.thinking && body.thinking) content.push({ type: "thinking", thinking: step.thinking, signature: "c2ln" });
    if (step.text) content.push({ type: "text", text: step.text });
    for (const [name, input] of step.tools ?? []) {
      if (!offered.has(name)) content.push({ type: "text", text: `(the tool ${name} was not offered)` });
      else
        content.push({
          type: "tool_use",
          id: `toolu_${run}_${n}_${content.length}`,
          name,
          input: inputOf(input, body.messages),
        });
    }
    const usage = {
      input_tokens: 1200,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 5000,
      output_tokens: 42,
    };
    const message = {
      id: `msg_${run}_${n}`,
      type: "message",
      role: "assistant",
      model: body.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    };
    const stop_reason = content.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn";
    if (!body.stream) {
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ ...message, content, stop_reason }));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const event = (type, data) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    event("message_start", { message });
    for (const [index, block] of content.entries()) {
      for (const [type, data] of blockEvents(block)) event(type, { index, ...data });
      if (step.slowMs) await new Promise((resolve) => setTimeout(resolve, step.slowMs));
    }
    event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage });
    event("message_stop", {});
    response.end();
  };

  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const isMessages = request.url.startsWith("/v1/messages");
      if (!isMessages || request.url.includes("count_tokens")) {
        response.writeHead(isMessages ? 200 : 404, { "content-type": "application/json" });
        return response.end(
          isMessages
            ? '{"input_tokens":1000}'
            : '{"type":"error","error":{"type":"not_found_error","message":"no such route"}}',
        );
      }
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
      requests.push(body);
      return void answer(body, response);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ requests, port: server.address().port, stop: () => server.close() }));
  });
}

function blockEvents(block) {
  const stop = ["content_block_stop", {}];
  const start = (content_block) => ["content_block_start", { content_block }];
  const delta = (value) => ["content_block_delta", { delta: value }];
  if (block.type === "text")
    return [start({ type: "text", text: "" }), delta({ type: "text_delta", text: block.text }), stop];
  if (block.type === "thinking") {
    return [
      start({ type: "thinking", thinking: "", signature: "" }),
      delta({ type: "thinking_delta", thinking: block.thinking }),
      delta({ type: "signature_delta", signature: block.signature }),
      stop,
    ];
  }
  return [
    start({ type: "tool_use", id: block.id, name: block.name, input: {} }),
    delta({ type: "input_json_delta", partial_json: JSON.stringify(block.input) }),
    stop,
  ];
}
