"""What Lambda is given: one code asset for all functions, and one layer of dependencies.

Plain Python builds both into ``build/lambda``, each in a folder that is named after the hash of
what it is made of: what has been built is not built again, and synthesis only reads. Nothing here
needs Docker, an account or, for the code, a network.

The *twin* is what proves the layer where Lambda is not: the same lock, for the machine at hand. A
handler that runs from the asset and the twin alone has everything that Lambda will give it.
"""
