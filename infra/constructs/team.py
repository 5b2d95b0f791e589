"""A team of one size: its inference profile, its collaborators and their supervisor."""

from constructs import Construct

from datalfred.definitions.agents import Team as TeamDefinition
from infra.constructs.agent import Agent, Shared
from infra.constructs.inference_profile import InferenceProfile


class Team(Construct):
    """The agents of one size.

    Attributes:
        profile: how they reach their model.
        supervisor: whom people ask.
        collaborators: whom it asks, by name.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: TeamDefinition,
        size: str,
        shared: Shared,
    ) -> None:
        """Makes the team: collaborators first, since the supervisor names their aliases."""
        super().__init__(scope, construct_id)
        self.profile = InferenceProfile(self, "Model", stage=shared.stage, size=size)
        self.collaborators = {
            name: Agent(
                self,
                _construct_id(name),
                definition=each,
                size=size,
                shared=shared,
                profile=self.profile,
            )
            for name, each in definition.collaborators.items()
        }
        self.supervisor = Agent(
            self,
            _construct_id(definition.supervisor.name),
            definition=definition.supervisor,
            size=size,
            shared=shared,
            profile=self.profile,
            collaborators=self.collaborators,
        )


def _construct_id(name: str) -> str:
    """``data_analyst`` is ``DataAnalyst``: logical ids take no underscore."""
    return "".join(part.capitalize() for part in name.split("_"))
