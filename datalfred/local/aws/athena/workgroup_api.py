"""The operations on workgroups and their tags."""

from collections.abc import Callable, Mapping
from typing import Any

from datalfred.local.aws.athena.paging import page
from datalfred.local.aws.athena.workgroups import Workgroups
from datalfred.local.aws.message import ACCOUNT, Caller

_Parameters = Mapping[str, Any]


class WorkgroupApi:
    """Create, change, list and tag workgroups."""

    def __init__(self, workgroups: Workgroups) -> None:
        self._workgroups = workgroups
        self._tags: dict[str, dict[str, str]] = {}
        self.operations: Mapping[str, Callable[[_Parameters, Caller], dict[str, Any]]] = {
            "CreateWorkGroup": self._create,
            "GetWorkGroup": self._get,
            "ListWorkGroups": self._list,
            "UpdateWorkGroup": self._update,
            "DeleteWorkGroup": self._delete,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    def _create(self, parameters: _Parameters, caller: Caller) -> dict[str, Any]:
        self._workgroups.create(parameters)
        arn = f"arn:aws:athena:{caller.region}:{ACCOUNT}:workgroup/{parameters['Name']}"
        self._tags[arn] = {tag["Key"]: tag.get("Value", "") for tag in parameters.get("Tags") or ()}
        return {}

    def _get(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        return {"WorkGroup": self._workgroups.find(parameters["WorkGroup"]).described()}

    def _list(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        listed = [each.summary() for each in self._workgroups.listed()]
        return page("WorkGroups", listed, parameters)

    def _update(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        self._workgroups.update(parameters)
        return {}

    def _delete(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        self._workgroups.delete(parameters["WorkGroup"])
        return {}

    def _tag(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        tags = {tag["Key"]: tag.get("Value", "") for tag in parameters["Tags"]}
        self._tags.setdefault(parameters["ResourceARN"], {}).update(tags)
        return {}

    def _untag(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        tags = self._tags.setdefault(parameters["ResourceARN"], {})
        for key in parameters["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags(self, parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        tags = self._tags.get(parameters["ResourceARN"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
