"""A session is reported after the fact: of what was asked here, and of what others asked."""

import uuid

from datalfred import clients
from datalfred.definitions.naming import agent_variables
from tests.scenarios.commands import run_datalfred


def section(text, heading):
    return text.split(f"## {heading}\n\n")[1].split("\n\n## ")[0]


def told(state, session):
    finished = run_datalfred("report", "--session", session, state=state)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_a_session_is_told_with_its_facts_causes_sql_and_cost(ask, state):
    session = f"talk-{uuid.uuid4().hex}"
    for question in (
        "why did customer-sync fail last night?",
        "how many orders per country in october 2026?",
    ):
        ask("--session-id", session, question)

    text = told(state, session)

    assert "2 questions by local:" in text
    assert "The session is open" in text
    assert "customer-sync" in section(text, "Facts")
    assert "(possible; facts" in section(text, "Possible causes")
    assert "GROUP BY" in section(text, "SQL")
    assert "- Models (offline):" in section(text, "Cost")
    assert "called athena.run\\_query, which succeeded." in section(text, "Timeline")


def test_a_session_that_ended_with_its_command_is_told_all_the_same(ask, state):
    answer = ask("which tables hold customers?")

    text = told(state, answer["session_id"])

    assert "1 question by local:" in text
    assert "cannot be continued" in text
    assert "customer.customers" in text


def test_an_approval_is_told_with_what_became_of_it(ask, state):
    answer = ask("run orders-ingestion again")
    (approval,) = answer["pending_approvals"]
    denied = run_datalfred("approvals", "deny", approval["id"], state=state)
    assert denied.returncode == 0, denied.stderr

    text = told(state, answer["session_id"])

    assert f"`{approval['id']}`: **DENIED**" in section(text, "Approvals")
    assert f"Approval {approval['id'][:8]}: denied" in section(text, "Timeline")


def test_of_what_another_client_asked_the_words_are_told(state, laptop):
    session = f"talk-{uuid.uuid4().hex}"
    agent, alias = (laptop.environment()[name] for name in agent_variables("large"))
    runtime = clients.client("bedrock-agent-runtime")
    response = runtime.invoke_agent(
        agentId=agent, agentAliasId=alias, sessionId=session, inputText="list the databases"
    )
    assert [part for part in response["completion"] if "chunk" in part]

    text = told(state, session)

    assert "list the databases" in text
    assert "No trace was kept: this session was not asked by `datalfred` on this machine." in (
        text.replace("\\`", "`")
    )
