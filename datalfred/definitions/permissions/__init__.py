"""What each function may do, as data."""

from datalfred.definitions.permissions.document import Allow, Policy
from datalfred.definitions.permissions.place import Place, Reach
from datalfred.definitions.permissions.policies import APPROVER, functions, policy_of

__all__ = ["APPROVER", "Allow", "Place", "Policy", "Reach", "functions", "policy_of"]
