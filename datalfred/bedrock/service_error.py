"""An error as an AWS service models it: before the answer an HTTP status, inside it an event."""


class ServiceError(Exception):
    """A modelled error of a Bedrock service.

    It is what the embedded AWS and the orchestrator say on the wire; whoever reads the wire turns
    it into one of :mod:`datalfred.errors`.

    Attributes:
        code: the shape's name, such as ``ThrottlingException``.
        message: the sentence that the client is given.
        members: further members of the shape, such as ``resourceName``.
    """

    def __init__(self, code: str, message: str, **members: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.members = members
