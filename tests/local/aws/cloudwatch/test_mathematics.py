"""Metric math over small series."""

import pytest

from datalfred.local.aws.cloudwatch.mathematics import (
    FUNCTIONS,
    Evaluation,
    MathError,
    Series,
    Table,
    parse,
)

TIMES = [0.0, 60.0, 120.0, 180.0]
METRICS = {
    "m1": Series({0.0: 1.0, 60.0: 2.0, 180.0: 4.0}, 60),
    "m2": Series({0.0: 10.0, 60.0: 0.0, 120.0: 30.0, 180.0: 40.0}, 60),
    "errors1": Series({0.0: -1.5}, 60),
}


def evaluated(text, **expressions):
    evaluation = Evaluation(METRICS, expressions, TIMES, 60, FUNCTIONS)
    return evaluation.value(parse(text))


def points(text, **expressions):
    return dict(evaluated(text, **expressions).points)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m1 + 1", {0: 2, 60: 3, 180: 5}),
        ("1 - m1", {0: 0, 60: -1, 180: -3}),
        ("m1 + m2", {0: 11, 60: 2, 180: 44}),
        ("m1 / m2", {0: 0.1, 180: 0.1}),
        ("m1 + 2 * 3 ^ 2", {0: 19, 60: 20, 180: 22}),
        ("-m1 ^ 2", {0: -1, 60: -4, 180: -16}),
        ("(m1 + 1) * 2", {0: 4, 60: 6, 180: 10}),
        ("m1 >= 2", {0: 0, 60: 1, 180: 1}),
        ("m1 > 1 AND m2 > 0", {0: 0, 60: 0, 180: 1}),
        ("m1 == 1 || m2 != 0", {0: 1, 60: 0, 180: 1}),
        ("ABS(errors1)", {0: 1.5}),
        ("CEIL(errors1)", {0: -1}),
        ("FLOOR(errors1)", {0: -2}),
        ("LOG10(m2)", {0: 1, 120: 1.4771212547, 180: 1.6020599913}),
        ("SUM([m1, m2])", {0: 11, 60: 2, 120: 30, 180: 44}),
        ("SUM(METRICS('m'))", {0: 11, 60: 2, 120: 30, 180: 44}),
        ("MAX(METRICS())", {0: 10, 60: 2, 120: 30, 180: 40}),
        ("MIN([m1, m2])", {0: 1, 60: 0, 120: 30, 180: 4}),
        ("AVG([m1, m2])", {0: 5.5, 60: 1, 120: 30, 180: 22}),
        ("m2 / SUM(m2)", {0: 0.125, 60: 0, 120: 0.375, 180: 0.5}),
        ("m2 - AVG(m2)", {0: -10, 60: -20, 120: 10, 180: 20}),
        ("RATE(m1)", {60: 1 / 60, 180: 2 / 120}),
        ("DIFF(m1)", {60: 1, 180: 2}),
        ("DIFF_TIME(m1)", {60: 60, 180: 120}),
        ("RUNNING_SUM(m1)", {0: 1, 60: 3, 180: 7}),
        ("FILL(m1, 0)", {0: 1, 60: 2, 120: 0, 180: 4}),
        ("FILL(m1, REPEAT)", {0: 1, 60: 2, 120: 2, 180: 4}),
        ("FILL(m1, LINEAR)", {0: 1, 60: 2, 120: 3, 180: 4}),
        ("IF(m1 > 1, m1, 0)", {0: 0, 60: 2, 180: 4}),
        ("IF(m1 > 1, m2)", {60: 0, 180: 40}),
        ("IF(1, m1, m2)", {0: 1, 60: 2, 180: 4}),
        ("m1 / PERIOD(m1)", {0: 1 / 60, 60: 2 / 60, 180: 4 / 60}),
        ("TIME_SERIES(7)", {0: 7, 60: 7, 120: 7, 180: 7}),
        ("m1 * METRIC_COUNT([m1, m2])", {0: 2, 60: 4, 180: 8}),
        ("m1 * DATAPOINT_COUNT(m1)", {0: 3, 60: 6, 180: 12}),
        ("FIRST(METRICS())", {0: 1, 60: 2, 180: 4}),
        ("LAST(METRICS())", {0: -1.5}),
        ("MINUTE(m1)", {0: 0, 60: 1, 180: 3}),
        ("YEAR(m1) + HOUR(m1)", {0: 1970, 60: 1970, 180: 1970}),
        ("DAY(m1) * 0 + MONTH(m1) + DATE(m1)", {0: 2, 60: 2, 180: 2}),
        ("EPOCH(m1)", {0: 0, 60: 60, 180: 180}),
        ("e1 * 2", {0: 4, 60: 6, 180: 10}),
    ],
)
def test_an_expression_has_the_points_that_the_guide_promises(text, found):
    assert points(text, e1="m1 + 1") == pytest.approx(found)


def test_an_operator_goes_through_an_array():
    table = evaluated("METRICS('m') * 2")

    assert isinstance(table, Table)
    assert [dict(one.points)[0.0] for one in table.series] == [2.0, 20.0]
    assert [dict(one.points)[0.0] for one in evaluated("1 - METRICS('m')").series] == [0.0, -9.0]
    assert [dict(one.points)[0.0] for one in evaluated("ABS(METRICS())").series] == [1, 10, 1.5]
    assert len(evaluated("FILL(METRICS('m'), 1)").series[0].points) == 4
    assert len(evaluated("DIFF(METRICS('m'))").series) == 2


def test_series_without_points_can_be_removed():
    assert len(evaluated("REMOVE_EMPTY([m1, m1 / 0])").series) == 1


def test_numbers_alone_give_a_number():
    assert evaluated("ABS(-2) + SUM(m1)") == 9.0
    assert evaluated("IF(0, 1, 2)") == 2.0


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("m1 +", 5),
        ("m1 $ 2", 4),
        ("(m1", 4),
        ("m1 m2", 4),
        ("m1 + SEARCH('{AWS/EC2} x', 'Sum', 300)", 6),
        ("ANOMALY_DETECTION_BAND(m1)", 1),
        ("STDDEV(m1)", 1),
        ("m1 + nothing", 6),
        ("loop + 1", 1),
        ("SUM()", 1),
        ("m1 + 'x'", 4),
        ("METRICS() + METRICS()", 11),
        ("1 / 0", 3),
        ("FILL(m1, m2)", 10),
        ("RATE(1)", 6),
        ("IF(METRICS(), 1, 2)", 1),
        ("IF(0, 1)", 1),
        ("METRICS(1)", 1),
        ("TIME_SERIES(m1)", 1),
        ("[1]", 1),
        ("LOG(0)", 1),
        ("ABS('x')", 1),
        ("FIRST(METRICS('zzz'))", 1),
        ("(" * 70 + "m1" + ")" * 70, 65),
    ],
)
def test_what_cannot_be_evaluated_says_where(text, position):
    with pytest.raises(MathError) as caught:
        evaluated(text, loop="loop2", loop2="loop * 2")

    assert caught.value.position == position
    assert f"position {position}" in str(caught.value)


def test_a_reduction_without_data_says_so():
    with pytest.raises(MathError, match="without data"):
        evaluated("m1 - MAX(m1 / 0)")
