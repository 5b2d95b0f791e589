// Asks the supervisor one question; prints the words of the answer, then a JSON line of what came.
import { randomUUID } from "node:crypto";
import {
  BedrockAgentRuntimeClient,
  InvokeAgentCommand,
} from "@aws-sdk/client-bedrock-agent-runtime";

const client = new BedrockAgentRuntimeClient({});
const response = await client.send(
  new InvokeAgentCommand({
    agentId: process.env.DATALFRED_AGENT_ID,
    agentAliasId: process.env.DATALFRED_AGENT_ALIAS_ID,
    sessionId: randomUUID(),
    inputText: process.argv[2],
    enableTrace: true,
  }),
);
let answer = "";
const agents = new Set();
for await (const event of response.completion) {
  if (event.chunk) answer += new TextDecoder().decode(event.chunk.bytes);
  if (event.trace) agents.add(event.trace.collaboratorName ?? "supervisor");
}
const handler = client.config.requestHandler.constructor.name;
console.log(JSON.stringify({ answer, agents: [...agents].sort(), handler }));
client.destroy();
