"""Puts the Swift library and the command line into the wheel."""

import re
import shutil
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
        # An editable install finds the library where the script has put it, and leaves the command line to build-command.
        if version == "editable":
            build_data["tag"] = f"py3-none-{platform_tag([])}"
            return
        command = self.build("build-command")
        build_data["tag"] = f"py3-none-{platform_tag([library, command])}"
        build_data["force_include"][str(library)] = f"furca/_native/{library.name}"
        build_data["shared_scripts"][str(command)] = "furca"

    def build(self, name: str) -> Path:
        """Runs a script of Sources and returns the path of what it made."""
        script = Path(self.root).parent / "Sources" / name
        if not script.is_file():
            sys.exit(f"{script} is not there: furca is built from a clone of its whole repository")
        built = subprocess.run([str(script)], stdout=subprocess.PIPE, text=True)
        if built.returncode != 0:
            sys.exit(f"Sources/{name} failed; what is missing stands above")
        return Path(built.stdout.splitlines()[-1])


#: The libraries that a manylinux wheel may expect of every system (PEP 600), of those that Furca could need.
_EVERYWHERE = re.compile(r"(libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s|ld-linux-[a-z0-9_-]+)\.so\.\d+")


def platform_tag(binaries: list[Path]) -> str:
    """The platform as wheels name it: "manylinux_2_35_x86_64" if all that the binaries need is a glibc of 2.35 or newer.

    "linux_x86_64", which is for this machine alone, if they need more, or there are none or no readelf to tell.
    """
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if not platform.startswith("linux_") or not binaries or shutil.which("readelf") is None:
        return platform
    newest = (2, 17)
    for binary in binaries:
        said = subprocess.run(
            ["readelf", "--wide", "--dynamic", "--version-info", str(binary)], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        needed = re.findall(r"\(NEEDED\).*\[(.+)\]", said)
        if "libc.so.6" not in needed or not all(map(_EVERYWHERE.fullmatch, needed)):
            return platform
        newest = max([newest, *((int(major), int(minor)) for major, minor in re.findall(r"Name: GLIBC_(\d+)\.(\d+)", said))])
    return f"many{platform.replace('linux_', f'linux_{newest[0]}_{newest[1]}_', 1)}"
