"""A folder of the user's own, served as a lake: Parquet, CSV and JSON files become tables.

Nothing is ever written into the folder. :mod:`datalfred.local.folder_lake.scan` says which folder
becomes which database and which file which table.
"""

from datalfred.local.folder_lake.seed import BUCKET, seed_folder, semantics_uri

__all__ = ["BUCKET", "seed_folder", "semantics_uri"]
