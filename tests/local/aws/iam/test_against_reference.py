"""Random policies and calls: the evaluator of the embedded AWS against a slow one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from datalfred.local.aws.iam.evaluation import Ask, decide, statements_about
from datalfred.local.aws.iam.policies import parse_policy
from tests.support.reference_evaluator import evaluate

EXAMPLES = 300
"""Of each run; 5,000 take half a minute and have agreed as well."""

ACTIONS = ["s3:GetObject", "s3:PutObject", "S3:getobject", "s3:*", "s3:Get*", "s3:?etObject", "*"]
CALLED = ["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl"]
ARNS = [
    "*",
    "arn:aws:s3:::lake",
    "arn:aws:s3:::lake/*",
    "arn:aws:s3:::*",
    "arn:*:s3:::lake/a",
    "arn:aws:*:::lake/?",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::lake/${*}",
    "arn:aws:s3:::lake/${s3:prefix}",
    "arn:aws:s3:*:*:lake/a:b",
    "arn:aws:s3:::la*/a*",
]
ASKED = [
    "*",
    "arn:aws:s3:::lake",
    "arn:aws:s3:::lake/a",
    "arn:aws:s3:::lake/*",
    "arn:aws:s3:::lake/a:b",
    "arn:aws:s3:eu-west-1:1:lake/a:b",
    "arn:aws:s3:::ana/k",
    "arn:aws:s3:::*/k",
    "arn:aws:s3:::lake/a\nb",
]
KEYS = ["aws:username", "s3:prefix", "aws:CalledVia", "aws:SecureTransport"]
VALUES = ["ana", "a", "A", "a*", "*", "athena", "true", "False", "7", "10", ""]
WANTED = [*VALUES, "${aws:username}", "${s3:prefix}*", "${*}", "?", "a${?}"]
OPERATORS = [
    f"{quantifier}{operator}{exists}"
    for quantifier in ("", "ForAllValues:", "ForAnyValue:")
    for operator in (
        "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "Bool",
        "StringEqualsIgnoreCase", "NumericLessThan",
    )
    for exists in ("", "IfExists")
]  # fmt: skip


def one_or_more(values):
    chosen = st.sampled_from(values)
    return chosen | st.lists(chosen, min_size=1, max_size=3)


def either(name, values):
    return st.tuples(st.sampled_from([name, name, f"Not{name}"]), one_or_more(values))


CONDITIONS = st.dictionaries(
    st.sampled_from(OPERATORS),
    st.dictionaries(st.sampled_from(KEYS), one_or_more(WANTED), min_size=1, max_size=2),
    max_size=2,
) | st.fixed_dictionaries(
    {"Null": st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["true", "false"]), min_size=1)}
)


@st.composite
def statements(draw):
    written = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    for name, values in (("Action", ACTIONS), ("Resource", ARNS)):
        member, chosen = draw(either(name, values))
        written[member] = chosen
    if conditions := draw(CONDITIONS):
        written["Condition"] = conditions
    return written


POLICIES = st.lists(
    st.builds(
        lambda listed: {"Version": "2012-10-17", "Statement": listed},
        st.lists(statements(), min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=2,
)
CONTEXTS = st.dictionaries(
    st.sampled_from([key.lower() for key in KEYS]),
    st.lists(st.sampled_from(VALUES[:-1]), min_size=1, max_size=2),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(POLICIES, st.sampled_from(CALLED), st.sampled_from(ASKED), CONTEXTS)
def test_two_evaluators_agree(documents, action, resource, keys):
    policies = [parse_policy(document) for document in documents]

    decided = decide(statements_about(policies, action), Ask(action, resource), keys)

    assert decided.verdict.value == evaluate(documents, action, resource, keys)
