"""Asks the supervisor with nothing but boto3, on a laptop or on AWS.

datalfred local --env-file lake.env &
set -a; . ./lake.env; set +a
python docs/examples/invoke_agent.py "what tables are in customer?"
"""

import os
import sys
import uuid

import boto3

client = boto3.client("bedrock-agent-runtime")
response = client.invoke_agent(
    agentId=os.environ["DATALFRED_AGENT_ID"],
    agentAliasId=os.environ["DATALFRED_AGENT_ALIAS_ID"],
    sessionId=f"example-{uuid.uuid4().hex}",
    inputText=" ".join(sys.argv[1:]) or "which databases do we have?",
    enableTrace=True,
)
for event in response["completion"]:
    if "chunk" in event:
        print(event["chunk"]["bytes"].decode(), end="")
    elif "trace" in event:
        part = event["trace"]
        who = part.get("collaboratorName", "supervisor")
        for kind, step in part["trace"].items():
            print(f"[{who}] {kind}: {', '.join(step)}", file=sys.stderr)
print()
