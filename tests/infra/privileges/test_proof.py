"""The proof fails when it should: call without grant, grant without call, a wide resource."""

import dataclasses
from pathlib import Path

import pytest

from datalfred.definitions.permissions import Allow
from datalfred.definitions.permissions.justified import Uncalled, Wide
from tests.support.privileges import __main__ as command
from tests.support.privileges.calls import Call, Notes
from tests.support.privileges.page import PAGE, page, sites_of, sites_on, vanished
from tests.support.privileges.proof import Proof

ROOT = Path(__file__).parents[3]


def test_a_call_that_no_role_has_made_needs_a_grant_as_well():
    call = Call("", "sqs:SendMessage", "datalfred/lake/queue.py send")

    assert list(Proof().missing([call])) == [
        "datalfred/lake/queue.py send calls sqs:SendMessage; no policy of any function allows that"
    ]
    assert list(Proof().missing([dataclasses.replace(call, action="glue:GetTable")])) == []


def needed(proof):
    """One call for each resource of each statement, as if every grant were needed."""
    overlapping = {(each.function, each.sid, each.action) for each in proof.overlaps}
    for function, statements in proof.policies.items():
        for statement in statements:
            for action in statement.actions:
                if proof.reason_uncalled(statement.sid, action):
                    continue
                for resource in statement.resources:
                    grants = [(statement.sid, resource)]
                    if (function, statement.sid, action) in overlapping:
                        grants.append(("Another", "arn:aws:s3:::a"))
                    yield Call(function, action, "datalfred/a.py b", grants=tuple(grants))


@pytest.fixture
def proof():
    return Proof()


def changed(proof, function, sid, **fields):
    """The proof with another statement of that name."""
    statements = tuple(
        dataclasses.replace(each, **fields) if each.sid == sid else each
        for each in proof.policies[function]
    )
    return dataclasses.replace(proof, policies={**proof.policies, function: statements})


def test_nothing_is_told_where_every_grant_is_needed(proof):
    assert list(proof.unneeded(set(needed(proof)))) == []
    assert list(proof.unnamed()) == []


def test_a_grant_without_a_call_fails(proof):
    calls = set(needed(proof))
    more = Allow("WriteCatalog", ("glue:UpdateTable",), ("arn:aws:glue:::table/a/b",))
    wider = {**proof.policies, "glue": (*proof.policies["glue"], more)}

    assert list(dataclasses.replace(proof, policies=wider).unneeded(calls)) == [
        "glue: WriteCatalog allows glue:UpdateTable, which no call needs",
        "glue: WriteCatalog allows arn:aws:glue:::table/a/b, which no call is about",
    ]


def test_an_action_is_needed_by_each_function_and_in_each_statement_for_itself(proof):
    calls = {
        each
        for each in needed(proof)
        if (each.function, each.action) != ("compute", "logs:GetLogEvents")
    }

    assert "compute: ReadLogs allows logs:GetLogEvents, which no call needs" in list(
        proof.unneeded(calls)
    )


def test_a_grant_that_another_gives_as_well_fails(proof):
    twice = {
        dataclasses.replace(each, grants=(*each.grants, ("ReadMore", "arn:aws:glue:::table/a")))
        if each.action == "glue:GetTables"
        else each
        for each in needed(proof)
    }

    assert "glue: ReadCatalog allows glue:GetTables, which another statement allows each time" in (
        list(proof.unneeded(twice))
    )


def test_a_resource_that_no_call_is_about_fails(proof):
    indexes = proof.policies["approver"][3].resources
    assert len(indexes) == 2
    calls = {each for each in needed(proof) if indexes[0] not in str(each.grants)}

    assert f"approver: ListApprovals allows {indexes[0]}, which no call is about" in list(
        proof.unneeded(calls)
    )


@pytest.mark.parametrize(
    ("function", "sid", "wide"),
    [
        ("athena", "Query", "arn:aws:athena:{region}:{account}:workgroup/*"),
        ("athena", "ReadResults", "arn:aws:s3:::*"),
        ("step_functions", "ReadExecutions", "*"),
        ("approver", "Redrive", "arn:aws:states:*:{account}:execution:*"),
        ("approver", "WriteAudit", "arn:aws:dynamodb:{region}:{account}:table/*"),
    ],
)
def test_a_resource_that_is_wider_than_its_reason_says_fails(proof, function, sid, wide):
    said = f"{function}: {sid} allows {wide}, which is too wide"

    assert said in list(changed(proof, function, sid, resources=(wide,)).unnamed())


def test_a_reason_that_justifies_nothing_fails(proof):
    stale = dataclasses.replace(
        proof,
        uncalled=(*proof.uncalled, Uncalled("Query", ("athena:StartQueryExecution",), "It is.")),
        wide=(*proof.wide, Wide("Query", ("workgroup/*",), "It was.")),
    )

    assert list(stale.unneeded(set(needed(proof)))) == [
        "the reason for athena:StartQueryExecution in Query has nothing to justify"
    ]
    assert list(stale.unnamed()) == [
        "the reason why Query allows workgroup/* has nothing to justify"
    ]


def test_the_page_of_permissions_is_that_of_the_policies_and_names_code_that_is_there():
    text = PAGE.read_text("utf-8")
    sites = sites_on(text)

    assert page(sites) == text, "run `make test`, then `python -m tests.support.privileges write`"
    assert vanished(sites, ROOT) == []
    assert [
        f"{function}: {sid} allows {action}, which nobody calls"
        for function, statements in Proof().policies.items()
        for sid, action in ((each.sid, one) for each in statements for one in each.actions)
        if (function, sid, action) not in sites and not Proof().reason_uncalled(sid, action)
    ] == []


def test_an_outdated_page_and_a_site_that_has_moved_are_told(proof):
    sites = sites_of(needed(proof), proof)
    text = page(sites)
    more = changed(proof, "glue", "ReadCatalog", actions=("glue:GetTable",))

    assert page(sites_on(text)) == text
    assert page(sites_on(text), more) != text
    assert vanished(sites, ROOT) == ["datalfred/a.py b"]


@pytest.fixture
def noted(monkeypatch, tmp_path):
    """The command after a run with these calls."""
    whole = tmp_path / "whole"
    monkeypatch.setattr(command, "WHOLE", whole)
    monkeypatch.setattr(command, "PARTIAL", tmp_path / "partial")
    monkeypatch.setattr(command, "PAGE", tmp_path / "permissions.md")

    def noted(calls, *, all_tests=True):
        notes = Notes(whole if all_tests else tmp_path / "partial")
        for each in calls:
            notes.note(each)

    return noted


def test_the_command_is_content_with_a_page_that_it_has_written(noted, proof):
    noted(needed(proof))
    assert "lacks `datalfred/a.py b` at" in command.main(["check"])[0][0]

    assert command.main(["write"])[1] == 0
    assert command.main(["check"]) == ([], False)


def test_the_command_tells_a_site_that_the_page_lacks(noted, proof):
    noted(needed(proof))
    command.main(["write"])
    (first, *_) = needed(proof)
    noted([dataclasses.replace(first, site="datalfred/a.py other")])

    (said,), failed = command.main(["check"])
    assert failed
    assert said.startswith("docs/reference/permissions.md lacks `datalfred/a.py other` at ")


def test_after_some_tests_only_what_is_missing_is_told(noted):
    noted([Call("glue", "glue:GetTable", "datalfred/a.py b")], all_tests=False)
    assert command.main(["check"])[1] is False
    assert command.main(["write"])[1] == 1

    noted([Call("glue", "glue:A", "a.py b", allowed=False, resource="*")], all_tests=False)
    (said, only), failed = command.main(["check"])
    assert failed
    assert said == "glue: a.py b calls glue:A on *; its policy does not allow that"
    assert only.startswith("Only some tests were run")


def test_the_command_says_what_it_takes():
    said, code = command.main([])

    assert code == 2
    assert "check|write" in said[0]
