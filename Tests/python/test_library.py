"""Finding and loading the library."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from furca import _library
from furca.errors import LibraryError


def imported_with(library: Path | str) -> subprocess.CompletedProcess[str]:
    """What happens to `import furca` in a process of its own with this library."""
    package = str(Path(_library.__file__).resolve().parents[1])
    return subprocess.run(
        [sys.executable, "-c", "import furca; print(furca.Sketch)"],
        env={**os.environ, "FURCA_LIBRARY": str(library), "PYTHONPATH": package},
        capture_output=True,
        text=True,
    )


def stub(directory: Path, code: str) -> Path:
    """A library made of C code."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler to make another library with")
    source, library = directory / "stub.c", directory / "libstub.so"
    source.write_text(code)
    subprocess.run([compiler, "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    return library


def test_the_right_library() -> None:
    assert imported_with(_library.find()).returncode == 0


def test_a_library_of_another_version(tmp_path: Path) -> None:
    library = stub(tmp_path, "unsigned furca_abi_version(void) { return 4242; }")
    result = imported_with(library)
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("furca.errors.LibraryError")
    assert "version 4242" in last and str(library) in last and "FURCA_LIBRARY" in last


def test_a_library_that_lacks_functions(tmp_path: Path) -> None:
    version = _library.ABI_VERSION
    result = imported_with(stub(tmp_path, f"unsigned furca_abi_version(void) {{ return {version}; }}"))
    last = result.stderr.splitlines()[-1]
    assert "LibraryError" in last and "has no furca_version" in last and "older than this Python package" in last


def test_a_library_of_someone_else(tmp_path: Path) -> None:
    result = imported_with(stub(tmp_path, "int something(void) { return 0; }"))
    last = result.stderr.splitlines()[-1]
    assert "LibraryError" in last and "cannot be loaded as Furca's library" in last


def test_no_library_there(tmp_path: Path) -> None:
    text = tmp_path / "libfurca.so"
    for path in (text, tmp_path):
        last = imported_with(path).stderr.splitlines()[-1]
        assert "LibraryError" in last and str(path) in last
    text.write_text("not a library")
    last = imported_with(text).stderr.splitlines()[-1]
    assert "LibraryError" in last and str(text) in last


def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FURCA_LIBRARY", raising=False)
    package = tmp_path / "clone" / "python" / "furca"
    package.mkdir(parents=True)
    monkeypatch.setattr(_library, "__file__", str(package / "_library.py"))
    with pytest.raises(LibraryError, match="Sources/build-library"):
        _library.find()
    built = tmp_path / "clone" / ".build" / "library" / _library._NAME
    built.parent.mkdir(parents=True)
    built.touch()
    assert _library.find() == built
    # That of a wheel goes first.
    installed = package / "_native" / _library._NAME
    installed.parent.mkdir()
    installed.touch()
    assert _library.find() == installed


def test_importing_furca_imports_neither_torch_nor_matplotlib() -> None:
    code = "import furca, sys; furca.Sketch; print([m for m in ('torch', 'matplotlib', 'pandas') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
