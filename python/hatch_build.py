"""Puts the Swift library into the wheel."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryHook(BuildHookInterface):
    """Runs Sources/build-library, which lies beside this folder, and tags the wheel with the platform it was built for."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        script = Path(self.root).parent / "Sources" / "build-library"
        if not script.is_file():
            sys.exit(f"{script} is not there: furca is built from a clone of its whole repository")
        built = subprocess.run([str(script)], stdout=subprocess.PIPE, text=True)
        if built.returncode != 0:
            sys.exit("the Swift library could not be built; what is missing stands above")
        library = Path(built.stdout.splitlines()[-1])
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag()}"
        # An editable install finds the library where the script has put it.
        if version != "editable":
            build_data["force_include"][str(library)] = f"furca/_native/{library.name}"


def platform_tag() -> str:
    """The platform as wheels name it, "linux_x86_64"."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
