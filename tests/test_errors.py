import pytest

from datalfred import errors
from datalfred.errors import (
    DatalfredError,
    InvalidInputError,
    NotFoundError,
    PermissionMissingError,
)


def every_error(base=DatalfredError):
    for kind in base.__subclasses__():
        yield kind
        yield from every_error(kind)


def test_the_tree_at_the_top_of_the_module_names_every_error():
    for kind in (DatalfredError, *every_error()):
        if kind.__module__ == errors.__name__:
            assert kind.__name__ in errors.__doc__


def test_every_error_has_a_code_of_its_own_and_a_status_of_http():
    kinds = [kind for kind in every_error() if kind.__module__ == errors.__name__]

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status <= 599 for kind in kinds)


def test_a_wrong_field_says_what_was_given_and_what_is_allowed():
    error = InvalidInputError("hours", "0 is too small", "1 to 168")

    assert error.as_dict() == {
        "code": "INVALID_INPUT",
        "message": "hours: 0 is too small",
        "hint": "Allowed: 1 to 168.",
    }


@pytest.mark.parametrize(
    ("near", "hint"), [((), None), (("orders", "order_items"), "Did you mean orders, order_items?")]
)
def test_a_missing_thing_names_what_is_near(near, hint):
    assert hint == NotFoundError("table", "ordrs", near=near).as_dict().get("hint")


def test_a_missing_permission_names_action_and_resource_and_quotes_aws():
    error = PermissionMissingError("athena:StartQueryExecution", "workgroup/x", said="no.")

    assert error.message == "AWS denied athena:StartQueryExecution on workgroup/x. It said: no."
    assert "athena:StartQueryExecution" in error.hint
