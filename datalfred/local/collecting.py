"""How a process that serves for long collects its garbage."""

import gc

_AFTER = 10_000


def settle() -> None:
    """Collects garbage as often as a server should, from what is there now onwards.

    What is there now, once the lake is seeded, stays as long as the process: the collector never
    looks at it again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_AFTER, 10, 10)
