from datalfred.models.offline.wording import table


def test_nothing_and_an_empty_text_look_different_in_a_table():
    assert table(["coupon"], [[None], [""]]).splitlines()[2:] == ["| NULL |", "|  |"]


def test_of_many_rows_ten_are_shown_and_the_rest_is_counted():
    lines = table(["n"], [[str(n)] for n in range(12)], total=500).splitlines()

    assert lines[-1] == "10 of 500 rows are shown."
    assert len([line for line in lines if line.startswith("| ")]) == 11
