"""The proof of least privilege: what functions called in a test run, held against their policies.

While tests run, ``recording`` notes every call that the embedded AWS judges for a function of a
deployed stage (``calls``), with the line of the product that made it (``sites``). Afterwards
``python -m tests.support.privileges check`` holds the notes against the policies (``proof``) and
``docs/reference/permissions.md`` against both (``page``).
"""
