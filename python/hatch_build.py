"""Puts the Swift library and the command line into the wheel."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryHook(BuildHookInterface):
    """Runs the build scripts, which lie beside this folder, and tags the wheel with the platform it was built for."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        library = self.build("build-library")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag()}"
        # An editable install finds the library where the script has put it, and leaves the command line to build-command.
        if version != "editable":
            build_data["force_include"][str(library)] = f"furca/_native/{library.name}"
            build_data["shared_scripts"][str(self.build("build-command"))] = "furca"

    def build(self, name: str) -> Path:
        """Runs a script of Sources and returns the path of what it made."""
        script = Path(self.root).parent / "Sources" / name
        if not script.is_file():
            sys.exit(f"{script} is not there: furca is built from a clone of its whole repository")
        built = subprocess.run([str(script)], stdout=subprocess.PIPE, text=True)
        if built.returncode != 0:
            sys.exit(f"Sources/{name} failed; what is missing stands above")
        return Path(built.stdout.splitlines()[-1])


def platform_tag() -> str:
    """The platform as wheels name it, "linux_x86_64"."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
