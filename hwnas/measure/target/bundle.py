"""The agent as one program that a Python anywhere reads from its standard input."""

import json
from importlib import resources

MODULES = ("__init__", "frames", "machine", "providers", "runtime", "allocation", "htp", "serve")

START = "import sys;i=sys.stdin.buffer;exec(i.read(int(i.readline())).decode())"
"""What the command is given: read a length and so many bytes, and run them."""

LOADER = """
import sys
if sys.version_info < (3, 9):
    sys.stderr.write("hwnas needs Python 3.9 or newer, and this is " + sys.version.split()[0])
    sys.exit(9)
import importlib.abc, importlib.util, json
SOURCES = json.loads({sources!r})
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name == "hwnas":
            return importlib.util.spec_from_loader(name, self, is_package=True)
        if name in SOURCES:
            return importlib.util.spec_from_loader(name, self, is_package=name == "hwnas.agent")
        return None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        source = SOURCES.get(module.__name__, "")
        exec(compile(source, module.__name__, "exec"), module.__dict__)
sys.meta_path.insert(0, Finder())
from hwnas.agent.serve import main
main()
"""


def program() -> bytes:
    """A length in a line of its own, and the agent."""
    sources = {_name(module): _source(module) for module in MODULES}
    text = LOADER.format(sources=json.dumps(sources)).encode()
    return f"{len(text)}\n".encode() + text


def _name(module: str) -> str:
    return "hwnas.agent" if module == "__init__" else f"hwnas.agent.{module}"


def _source(module: str) -> str:
    return (resources.files("hwnas.agent") / f"{module}.py").read_text(encoding="utf-8")
