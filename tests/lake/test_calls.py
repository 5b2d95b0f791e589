import pytest
from botocore.exceptions import ClientError

from datalfred import settings
from datalfred.errors import InvalidInputError, NotFoundError
from datalfred.lake import calls, paging
from datalfred.lake.logs.models import LogGroup


def refusal(code, message="no", operation="DescribeTasks"):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def raising(error):
    def call():
        raise error

    return call


def test_several_calls_see_the_environment_of_whoever_asks():
    def region(_):
        return settings.environment()["AWS_REGION"]

    with settings.using({"AWS_REGION": "eu-central-1"}):
        assert calls.each(region, range(20)) == ["eu-central-1"] * 20


def test_answers_keep_the_order_of_their_items():
    assert calls.each(lambda item: item * 2, [3, 1, 2]) == [6, 2, 4]
    assert calls.each(str, [1]) == ["1"]
    assert calls.each(str, []) == []


def test_the_first_error_among_several_calls_is_raised():
    with pytest.raises(ZeroDivisionError):
        calls.each(lambda item: 1 // item, [1, 0, 1])


def test_pages_are_read_to_the_end_or_to_the_bound():
    def call(**request):
        at = int(request.get("Marker", 0))
        return {"Items": [at], **({"Marker": str(at + 1)} if at < 4 else {})}

    assert calls.pages(call, "Items", most=9, mark="Marker") == ([0, 1, 2, 3, 4], True)
    assert calls.pages(call, "Items", most=2, mark="Marker") == ([0, 1], False)


@pytest.mark.parametrize(
    ("error", "gap"),
    [
        (refusal("AccessDeniedException"), "No permission for ecs:DescribeTasks."),
        (NotFoundError("task", "t-1"), "There is no task named 't-1'."),
        (
            refusal("ClusterNotFoundException", "Cluster not found."),
            "ecs:DescribeTasks did not answer: ClusterNotFoundException: Cluster not found.",
        ),
    ],
)
def test_a_look_up_that_fails_is_a_gap(error, gap):
    gaps = calls.Gaps()

    assert gaps.attempt("ecs:DescribeTasks", raising(error)) is None
    assert gaps.attempt("ecs:DescribeTasks", raising(error)) is None
    assert gaps.attempt("ecs:DescribeTasks", lambda: 1) == 1
    assert gaps.sentences() == (gap,)


def test_a_defect_of_ours_is_no_gap():
    with pytest.raises(KeyError):
        calls.Gaps().attempt("ecs:DescribeTasks", raising(KeyError("x")))


def test_a_list_is_cut_into_pages():
    page = paging.cut("abcde", 2, 2)

    assert (page.items, page.total, page.page, page.pages) == (("c", "d"), 5, 2, 3)
    assert paging.cut("", 1, 2).pages == 1


@pytest.mark.parametrize("number", [0, 4])
def test_a_page_that_is_not_there_is_refused(number):
    with pytest.raises(InvalidInputError, match=f"There is no page {number}"):
        paging.cut("abcde", number, 2)


def test_a_list_never_takes_more_than_its_bytes():
    groups = [LogGroup(name="x" * 100) for _ in range(50)]

    fitting = paging.fitting(groups, 1_000)

    assert 5 <= len(fitting) <= 8
    assert paging.fitting(groups) == tuple(groups)
