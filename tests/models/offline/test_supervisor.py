"""Whom the supervisor asks, with which words, and what it makes of the answers."""

from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "supervisor.yaml").read_text("utf-8"))
SQL = (
    "**12** orders.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nRead as: x.\n\n```sql\nSELECT "
    "1\n```\n\nAthena query q read 1 MB"
)


@pytest.mark.parametrize("case", CASES, ids=[str(n) for n in range(len(CASES))])
def test_a_question_goes_to_whom_it_concerns(case: dict[str, Any], supervisor_talks: Any) -> None:
    talk = supervisor_talks()

    answer = talk.ask(case["ask"])

    assert [recipient for recipient, _ in talk.lake.sent] == case["to"]
    for words in case.get("says", ()):
        assert words in answer.text


def test_an_answer_is_passed_on_with_its_number_sql_and_evidence(supervisor_talks: Any) -> None:
    answer = supervisor_talks(data_analyst=SQL).ask("how many orders last month")

    assert answer.text == SQL


def test_a_question_that_leans_is_sent_with_those_before_it(supervisor_talks: Any) -> None:
    talk = supervisor_talks()
    talk.ask("how many orders last month")
    talk.ask("thanks")

    talk.ask("and only for France?")

    assert talk.lake.sent[-1][0] == "data_analyst"
    assert "and only for France?" in talk.lake.sent[-1][1]
    assert '"how many orders last month"' in talk.lake.sent[-1][1]


def test_why_after_a_status_goes_to_run_guy_with_the_status_question(supervisor_talks: Any) -> None:
    talk = supervisor_talks()
    talk.ask("status of orders-ingestion")

    talk.ask("why did it fail?")

    assert talk.lake.sent[-1][0] == "run_guy"
    assert "status of orders-ingestion" in talk.lake.sent[-1][1]


def test_run_it_again_repeats_the_query_after_a_data_question(supervisor_talks: Any) -> None:
    talk = supervisor_talks()
    talk.ask("revenue by country")

    talk.ask("run it again")

    assert talk.lake.sent[-1] == ("data_analyst", "revenue by country")


def test_run_it_again_asks_for_a_redrive_after_a_failure(supervisor_talks: Any) -> None:
    talk = supervisor_talks()
    talk.ask("why did orders-ingestion fail")

    talk.ask("run it again")

    assert talk.lake.sent[-1][0] == "run_guy"
    assert talk.lake.sent[-1][1].startswith("run it again")


def test_run_it_again_without_a_before_is_still_sent(supervisor_talks: Any) -> None:
    talk = supervisor_talks()

    talk.ask("run it again")

    assert len(talk.lake.sent) == 1


def test_show_me_the_sql_repeats_the_statement_of_the_last_answer(supervisor_talks: Any) -> None:
    talk = supervisor_talks(data_analyst=SQL)
    talk.ask("how many orders")

    answer = talk.ask("show me the SQL")

    assert "SELECT 1" in answer.text
    assert len(talk.lake.sent) == 1


def test_show_me_the_sql_before_any_query_is_no_answer(supervisor_talks: Any) -> None:
    assert supervisor_talks().ask("show me the sql").abstained


def test_both_answers_keep_their_evidence_in_2000_characters(supervisor_talks: Any) -> None:
    rows = "\n".join(f"| row {n} | {'x' * 40} |" for n in range(40))
    long = (
        f"**A**\n\n| a | b |\n|---|---|\n{rows}\n\nRead as: "
        f"y.\n\n```sql\n{'SELECT ' * 90}\n```\n\nAthena query q"
    )

    answer = supervisor_talks(data_analyst=long, run_guy=long.replace("**A**", "**B**")).ask(
        "how many orders yesterday and which pipelines failed"
    )

    assert len(answer.text) <= 2_000
    assert "**A**" in answer.text
    assert "**B**" in answer.text
    assert answer.text.count("Athena query q") == 2


def test_half_an_answer_is_given_and_the_missing_half_is_named(supervisor_talks: Any) -> None:
    answer = supervisor_talks(
        data_analyst="I cannot answer that: no such table.", run_guy="All ran."
    ).ask("how many unicorns are there and which pipelines failed")

    assert answer.text.startswith("All ran.")
    assert "The rest I could not answer: no such table." in answer.text


def test_a_collaborator_without_words_is_no_answer(supervisor_talks: Any) -> None:
    assert supervisor_talks(data_analyst="").ask("how many orders").abstained


def test_pasted_secrets_do_not_travel(supervisor_talks: Any) -> None:
    talk = supervisor_talks()

    talk.ask("how many orders, my key is AKIAABCDEFGHIJKLMNOP and password: hunter2")

    assert "AKIA" not in talk.lake.sent[0][1]
    assert "hunter2" not in talk.lake.sent[0][1]
    assert "how many orders" in talk.lake.sent[0][1]


NO_PIPELINE = (
    'I cannot answer that: there is no pipeline named like "unicorn". The pipelines are: a.'
)


def test_what_run_guy_does_not_know_is_asked_of_the_data_analyst(supervisor_talks: Any) -> None:
    talk = supervisor_talks(run_guy=NO_PIPELINE, data_analyst=SQL)

    answer = talk.ask("list the exceptions of customers")

    assert [name for name, _ in talk.lake.sent] == ["run_guy", "data_analyst"]
    assert answer.text == SQL


def test_what_the_analyst_does_not_know_is_asked_of_run_guy(supervisor_talks: Any) -> None:
    talk = supervisor_talks(
        data_analyst="I cannot answer that: no such table.", run_guy="**sales-report** is late."
    )

    answer = talk.ask("sales report late again?")

    assert [name for name, _ in talk.lake.sent] == ["data_analyst", "run_guy"]
    assert answer.text == "**sales-report** is late."


def test_an_answer_about_something_else_does_not_replace_an_abstention(
    supervisor_talks: Any,
) -> None:
    said = "I cannot answer that: no such table."
    talk = supervisor_talks(data_analyst=said, run_guy="9 pipelines: none failed.")

    assert talk.ask("sales report late again?").text == said


def test_a_refused_redrive_is_told_beside_the_rest(supervisor_talks: Any) -> None:
    talk = supervisor_talks(run_guy=NO_PIPELINE)

    answer = talk.ask("redrive unicorn-load and tell me if the customer sync failed")

    assert [name for name, _ in talk.lake.sent] == ["run_guy", "run_guy"]
    assert "unicorn" in answer.text


def test_the_second_one_is_the_second_of_the_list(supervisor_talks: Any) -> None:
    talk = supervisor_talks(run_guy="Two failed:\n\n- **a-load** failed\n- **b-load** failed")
    talk.ask("which pipelines failed?")

    talk.ask("why did the second one fail?")

    assert talk.lake.sent[-1][1].startswith("why did the second one fail? (b-load)")


def test_a_question_without_any_known_word_goes_to_the_data_analyst(supervisor_talks: Any) -> None:
    talk = supervisor_talks()

    talk.ask("zebra")
    talk.ask("why the ninth one?")

    assert talk.lake.sent[0][0] == "data_analyst"
