import pytest

from datalfred.errors import ConfigurationError, NotFoundError
from datalfred.evals.cases import CaseFile, case_schema, load_suite, suite_names


def test_the_questions_cover_two_lakes_with_enough_of_each():
    suite = load_suite("questions")

    by_lake = {file.lake: len(file.cases) for file in suite.values()}
    assert by_lake["demo"] >= 80
    assert sum(count for lake, count in by_lake.items() if lake != "demo") >= 20


def test_case_ids_are_unique_in_their_file():
    for file in load_suite("questions").values():
        ids = [case.id for case in file.cases]
        assert len(set(ids)) == len(ids)


def test_an_unknown_suite_names_those_that_there_are():
    with pytest.raises(NotFoundError) as caught:
        load_suite("answers")

    assert suite_names() == caught.value.near


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lake: [", "no YAML"),
        ("lake: demo\ncases: [{id: a, question: b, expect: {}}]", "an expectation says nothing"),
        ("lake: demo\ncases: [{id: a, question: b, expected: {}}]", "cases.0.expect"),
    ],
)
def test_a_broken_case_file_is_named_with_its_field(tmp_path, monkeypatch, text, problem):
    (tmp_path / "evals" / "mine").mkdir(parents=True)
    (tmp_path / "evals" / "mine" / "broken.yaml").write_text(text, "utf-8")
    monkeypatch.setattr("datalfred.evals.cases.content_folder", lambda name: tmp_path / name)

    with pytest.raises(ConfigurationError) as caught:
        load_suite("mine")

    assert "broken.yaml" in caught.value.message
    assert problem in caught.value.message


def test_the_schema_for_editors_describes_the_file():
    assert set(CaseFile.model_fields) == set(case_schema()["properties"])
