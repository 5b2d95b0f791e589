"""What Bedrock demands of agents, action groups and sessions, each with its source.

The checks of :mod:`datalfred.definitions` and the tests cite these ids; no other place states a
limit.
"""

from dataclasses import dataclass

USER_GUIDE = "docs.aws.amazon.com/bedrock/latest/userguide"

OPENAPI_VERSION = "3.0.0"
OPERATIONS_PER_AGENT = 11
TOOL_NAME_LONGEST = 64
BODY_LONGEST_BYTES = 25_000
INSTRUCTIONS_SHORTEST, INSTRUCTIONS_LONGEST = 40, 4_000
SESSION_TTL_SHORTEST, SESSION_TTL_LONGEST = 60, 5_400
SESSION_ID = r"[0-9a-zA-Z._:-]{2,100}"
COLLABORATORS_PER_SUPERVISOR = 10
FORBIDDEN_SCHEMA_KEYS = frozenset({"enum", "const", "$ref", "anyOf", "oneOf", "allOf"})
SCALAR_TYPES = frozenset({"string", "integer", "number", "boolean"})


@dataclass(frozen=True)
class Rule:
    """One rule of the platform.

    Attributes:
        id: what checks and tests cite.
        sentence: the rule.
        source: where AWS states it, or how it was found.
    """

    id: str
    sentence: str
    source: str


RULES = (
    Rule(
        "openapi:version",
        f'The schema says openapi "{OPENAPI_VERSION}", exactly.',
        f"{USER_GUIDE}/agents-api-schema.html",
    ),
    Rule(
        "openapi:no-unsupported-keys",
        "The schema holds no enum, const, $ref, anyOf, oneOf or allOf.",
        f"{USER_GUIDE}/agents-api-schema.html; allOf and its kin also fail on AgentCore Gateway",
    ),
    Rule(
        "openapi:operation-is-described",
        "Every operation has a description, an operationId and responses.",
        f"{USER_GUIDE}/agents-api-schema.html",
    ),
    Rule(
        "openapi:operation-id",
        "An operationId is unique, of letters, digits, dashes and single underscores.",
        f"{USER_GUIDE}/agents-action-add.html",
    ),
    Rule(
        "openapi:flat-scalars",
        "A body is a flat object of scalars: Bedrock hands lists and objects over as strings.",
        f"{USER_GUIDE}/agents-lambda.html; measured with Powertools, which does not decode them",
    ),
    Rule(
        "openapi:parameters-are-described",
        "Every parameter says what it holds; a default or a set of values stands in the words.",
        f"{USER_GUIDE}/agents-api-schema.html",
    ),
    Rule(
        "agent:operations",
        f"An agent has at most {OPERATIONS_PER_AGENT} operations.",
        "docs.aws.amazon.com/general/latest/gr/bedrock.html, APIs per Agent",
    ),
    Rule(
        "agent:tool-name",
        f"verb__group__operationId has at most {TOOL_NAME_LONGEST} characters and its parts no "
        "double underscore.",
        f"{USER_GUIDE}/agents-action-add.html",
    ),
    Rule(
        "agent:instructions",
        f"Instructions have {INSTRUCTIONS_SHORTEST} to {INSTRUCTIONS_LONGEST} characters.",
        "botocore, bedrock-agent, shape Instruction",
    ),
    Rule(
        "agent:knowledge-base-is-not-alone",
        "An agent whose only tool is one knowledge base is refused: Bedrock ignores its "
        "instructions.",
        "botocore, bedrock-agent, CreateAgent",
    ),
    Rule(
        "agent:session-ttl",
        f"A session idles {SESSION_TTL_SHORTEST} to {SESSION_TTL_LONGEST} seconds.",
        "botocore, bedrock-agent, shape SessionTTL",
    ),
    Rule(
        "agent:collaborators",
        f"A supervisor has at most {COLLABORATORS_PER_SUPERVISOR} collaborators.",
        f"{USER_GUIDE}/create-multi-agent-collaboration.html",
    ),
    Rule(
        "lambda:body",
        f"A reply's body is a JSON string of at most {BODY_LONGEST_BYTES} bytes.",
        f"{USER_GUIDE}/agents-lambda.html; the size was an error of the service until 2024",
    ),
    Rule(
        "session:id",
        f"A session id matches {SESSION_ID}.",
        "botocore, bedrock-agent-runtime, shape SessionId; boto3 does not check it",
    ),
)

_BY_ID = {rule.id: rule for rule in RULES}


def rule(rule_id: str) -> Rule:
    """The rule of that id; KeyError when there is none."""
    return _BY_ID[rule_id]
