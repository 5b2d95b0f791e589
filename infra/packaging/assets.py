"""The code asset and the layer as CDK takes them.

The name of an asset is the hash of what it is made of, not of the bytes that were built of it, so
that the same commit names the same assets on every machine, with bytecode or without.
"""

import functools
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from datalfred.errors import ConfigurationError
from infra.constructs.function import ARCHITECTURE, RUNTIME
from infra.packaging.code import build_code
from infra.packaging.layer import layer_folder

_built_code = functools.cache(build_code)


def code(_scope: Construct) -> lambda_.Code:
    """The code of every function; built now if it is not there, for which no network is needed."""
    folder = _built_code()
    return lambda_.Code.from_asset(str(folder), asset_hash=folder.name.rpartition("-")[2])


def layer(scope: Construct) -> lambda_.LayerVersion:
    """The layer of every function.

    Raises:
        ConfigurationError: it has not been built.
    """
    folder = layer_folder()
    if not folder.is_dir():
        hint = "Run `make package`: it fetches the wheels that requirements/layer.txt pins."
        raise ConfigurationError("The Lambda layer", "has not been built.", hint=hint)
    return layer_of(scope, folder, folder.name.rpartition("-")[2])


def layer_of(scope: Construct, folder: Path, asset_hash: str) -> lambda_.LayerVersion:
    """The layer that a folder holds, under the hash of what it is made of."""
    return lambda_.LayerVersion(
        scope,
        "Dependencies",
        code=lambda_.Code.from_asset(str(folder), asset_hash=asset_hash),
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
        description=f"What Datalfred's functions import besides boto3 ({asset_hash})",
    )
