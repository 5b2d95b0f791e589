"""Event patterns against events."""

import json

import pytest

from datalfred.local.aws.events.patterns import PatternError, compile_pattern, read_json

EVENT = """{
  "source": "aws.ec2", "account": "1", "none": null, "yes": true, "empty": [], "object": {},
  "detail": {
    "state": "Running", "count": 300, "float": 300.0, "ip": "10.0.0.7", "path": "/a/b/c.txt",
    "tags": ["one", "two", 3], "text": "",
    "nested": {"deep": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]}
  }
}"""


@pytest.mark.parametrize(
    ("detail", "found"),
    [
        ({"state": ["Running"]}, True),
        ({"state": ["running"]}, False),
        ({"state": ["x", "Running"]}, True),
        ({"state": [{"prefix": "Run"}]}, True),
        ({"state": [{"prefix": "run"}]}, False),
        ({"state": [{"prefix": {"equals-ignore-case": "RUN"}}]}, True),
        ({"state": [{"suffix": "ing"}]}, True),
        ({"state": [{"suffix": {"equals-ignore-case": "ING"}}]}, True),
        ({"state": [{"equals-ignore-case": "rUNNING"}]}, True),
        ({"state": [{"equals-ignore-case": "runnin"}]}, False),
        ({"state": [{"wildcard": "R*n*g"}]}, True),
        ({"state": [{"wildcard": "R*x"}]}, False),
        ({"path": [{"wildcard": "/a/*/c.txt"}]}, True),
        ({"path": [{"wildcard": "\\*"}]}, False),
        ({"path": [{"wildcard": "*"}]}, True),
        ({"path": [{"wildcard": "/a/b/c.txt"}]}, True),
        ({"path": [{"wildcard": "*/c.txt*/c.txt"}]}, False),
        ({"path": [{"wildcard": "*/*/*/*"}]}, True),
        ({"path": [{"wildcard": "*/*/*/*/*"}]}, False),
        ({"count": [{"wildcard": "*"}]}, False),
        ({"state": [{"anything-but": "Running"}]}, False),
        ({"state": [{"anything-but": ["a", "b"]}]}, True),
        ({"state": [{"anything-but": {"prefix": "Run"}}]}, False),
        ({"state": [{"anything-but": {"prefix": ["a", "Run"]}}]}, False),
        ({"state": [{"anything-but": {"suffix": "x"}}]}, True),
        ({"state": [{"anything-but": {"equals-ignore-case": ["RUNNING"]}}]}, False),
        ({"state": [{"anything-but": {"wildcard": "*nn*"}}]}, False),
        ({"missing": [{"anything-but": "x"}]}, False),
        ({"count": [{"anything-but": 300}]}, False),
        ({"count": [300]}, True),
        ({"count": ["300"]}, False),
        ({"float": [300]}, False),
        ({"count": [{"numeric": ["=", 300.0]}]}, True),
        ({"count": [{"numeric": [">", 0, "<=", 300]}]}, True),
        ({"count": [{"numeric": ["<", 300]}]}, False),
        ({"state": [{"numeric": [">", 0]}]}, False),
        ({"ip": [{"cidr": "10.0.0.0/24"}]}, True),
        ({"ip": [{"cidr": "10.0.1.0/24"}]}, False),
        ({"state": [{"cidr": "10.0.1.0/24"}]}, False),
        ({"state": [{"exists": True}]}, True),
        ({"state": [{"exists": False}]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"missing": [{"exists": True}]}, False),
        ({"nested": [{"exists": True}]}, False),
        ({"missing": {"deeper": [{"exists": False}]}}, True),
        ({"text": [""]}, True),
        ({"tags": ["two"]}, True),
        ({"tags": [3]}, True),
        ({"tags": ["three"]}, False),
        ({"nested": {"deep": {"k": ["a"], "v": [1]}}}, True),
        ({"nested": {"deep": {"k": ["a"], "v": [2]}}}, False),
        ({"$or": [{"state": ["x"]}, {"count": [300]}]}, True),
        ({"$or": [{"state": ["x"]}, {"count": [301]}]}, False),
        (
            {"state": ["Running"], "$or": [{"state": ["x"]}, {"count": [{"numeric": [">", 1]}]}]},
            True,
        ),
    ],
)
def test_an_event_matches_as_the_operators_are_documented(detail, found):
    assert compile_pattern(json.dumps({"detail": detail}))(read_json(EVENT)) is found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ({"none": [None]}, True),
        ({"none": [""]}, False),
        ({"yes": [True]}, True),
        ({"yes": ["true"]}, False),
        ({"empty": [{"exists": False}]}, True),
        ({"source": ["aws.ec2"], "account": ["2"]}, False),
        ({"source": {"x": ["y"]}}, False),
    ],
)
def test_values_of_all_types_are_told_apart(pattern, found):
    assert compile_pattern(json.dumps(pattern))(read_json(EVENT)) is found


def test_a_filter_policy_compares_numbers_by_value():
    pattern = '{"detail": {"count": [300.0]}}'

    assert compile_pattern(pattern, by_value=True)(read_json(EVENT))
    assert not compile_pattern(pattern)(read_json(EVENT))


def test_or_with_one_choice_is_the_name_of_a_field():
    assert compile_pattern('{"$or": ["x"]}')(read_json('{"$or": "x"}'))


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("{", "no JSON"),
        ("[]", "not an object"),
        ("{}", "Empty objects"),
        ('{"a": []}', "Empty arrays"),
        ('{"a": "b"}', "must be an object or an array"),
        ('{"a": [["b"]]}', "Match value"),
        ('{"a": [{"sounds-like": "b"}]}', "Unrecognized match type sounds-like"),
        ('{"a": [{"prefix": "b", "suffix": "c"}]}', "Only one key"),
        ('{"a": [{"prefix": 1}]}', "prefix takes texts"),
        ('{"a": [{"exists": "yes"}]}', "exists takes"),
        ('{"a": [{"numeric": [">"]}]}', "array of one or two"),
        ('{"a": [{"numeric": ["~", 1]}]}', "Unrecognized numeric"),
        ('{"a": [{"numeric": [">", "1"]}]}', "numbers from"),
        ('{"a": [{"numeric": [">", 1, ">=", 2]}]}', "Bad numeric range"),
        ('{"a": [{"numeric": [">", 6e9]}]}', "numbers from"),
        ('{"a": [{"cidr": "10/8/8"}]}', "CIDR"),
        ('{"a": [{"wildcard": "a**b"}]}', "Consecutive"),
        ('{"a": [{"wildcard": "a\\\\"}]}', "Invalid escape"),
        ('{"a": [{"anything-but": []}]}', "texts or numbers"),
        ('{"a": [{"anything-but": {"prefix": "a", "suffix": "b"}}]}', "one filter"),
        ('{"a": [{"anything-but": {"numeric": "a"}}]}', "Unrecognized"),
        ('{"a": ["' + "x" * 5000 + '"]}', "longer"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(pattern, says):
    with pytest.raises(PatternError, match=says):
        compile_pattern(pattern)
