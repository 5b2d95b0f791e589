"""What Lambda's runtime does, for a bare interpreter: loads handlers and gives them events.

``python -I -S lambda_worker.py FOLDER...`` has the standard library and these folders, and nothing
else. Each line of stdin is a request, each line of stdout its answer; what handlers print goes to
stderr.
"""

import importlib
import json
import os
import sys
import traceback


def answer(request):
    environment = os.environ  # noqa: TID251 -- here is no Datalfred: this is Lambda's part
    environment.clear()
    environment.update(request["environment"])
    module, _, function = request["handler"].rpartition(".")
    handler = getattr(importlib.import_module(module), function)
    return {"reply": handler(request["event"], None)} if "event" in request else {}


def main(folders):
    sys.path[:0] = folders
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception:  # noqa: BLE001 -- whatever it is, the other side shows it
            said = {"failed": traceback.format_exc()}
        loaded = {name: getattr(each, "__file__", None) for name, each in sys.modules.items()}
        print(json.dumps({**said, "loaded": loaded}), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
