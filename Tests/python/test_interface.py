"""The header, the library and the ctypes declarations say the same."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from ctypes import POINTER
from pathlib import Path
from typing import Any

import pytest

import furca
from furca import _abi, _library, errors, events

HEADER = Path(__file__).resolve().parents[2] / "Include" / "furca" / "furca.h"

STRUCTS = {
    "furca_stats": _abi.Stats,
    "furca_branch": _abi.Branch,
    "furca_atom": _abi.Atom,
    "furca_modes": _abi.Modes,
    "furca_sketch_options": _abi.SketchOptions,
    "furca_bin": _abi.Bin,
    "furca_counted": _abi.Counted,
    "furca_session_options": _abi.SessionOptions,
    "furca_strided": _abi.Strided,
    "furca_buffer": _abi.Buffer,
    "furca_sketched": _abi.Sketched,
    "furca_summary": _abi.Summary,
    "furca_tensor_spec": _abi.TensorSpec,
    "furca_event": _abi.Event,
    "furca_value": _abi.Value,
}

HANDLES = ("furca_session", "furca_sketch", "furca_run", "furca_rows", "furca_checkpoints")

SCALARS = {
    "double": ctypes.c_double,
    "float": ctypes.c_float,
    "size_t": ctypes.c_size_t,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "furca_dtype": ctypes.c_uint32,
    "furca_status": ctypes.c_int32,
}


def header() -> str:
    """The header without its comments and directives."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    return re.sub(r"^#.*$", "", text, flags=re.MULTILINE)


def prototypes() -> dict[str, tuple[str, list[str]]]:
    """Result and parameter types of every function of the header."""
    found = re.findall(r"^\s*([\w ]+[ *])(furca_\w+)\s*\(([^)]*)\)\s*;", header(), flags=re.MULTILINE)
    split = {name: (result.strip(), [p.strip() for p in parameters.split(",")]) for result, name, parameters in found}
    return {name: (result, [] if parameters == ["void"] else parameters) for name, (result, parameters) in split.items()}


def constants() -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"\b(FURCA_\w+) = (\d+)", header())}


def in_ctypes(parameter: str) -> Any:
    """How a parameter of the header, or a result with a name behind it, is declared in ctypes."""
    kind = re.fullmatch(r"(?:const )?(.*?)\w+", parameter)[1]
    kind = kind.replace("const", "").replace(" ", "")
    base = kind.rstrip("*")
    if base in HANDLES:
        return ctypes.c_void_p if kind.count("*") == 1 else POINTER(ctypes.c_void_p)
    if base == "char":
        # A text that the library writes is room, not a string.
        string = ctypes.c_char_p if parameter.startswith("const") else ctypes.c_void_p
        return string if kind.count("*") == 1 else POINTER(string)
    if kind == "void*":
        return ctypes.c_void_p
    if kind == "furca_event_callback":
        return _abi.EventCallback
    type_ = STRUCTS.get(base) or SCALARS[base]
    return POINTER(type_) if "*" in kind else type_


def test_the_header_is_understood() -> None:
    assert len(prototypes()) >= 44
    assert prototypes()["furca_session_due"] == (
        "furca_status",
        ["furca_session *session", "int64_t step", "int32_t *due"],
    )
    assert len(re.findall(r"^typedef struct \w+ \{", header(), flags=re.MULTILINE)) == len(STRUCTS)


def test_the_same_functions() -> None:
    assert sorted(_abi.DECLARED) == sorted(prototypes())


def test_the_library_exports_the_same_functions() -> None:
    if shutil.which("nm") is None:
        pytest.skip("nm is not there to list the library's exports")
    listing = subprocess.run(
        ["nm", "-D", "--defined-only", "--extern-only", str(_library.find())], capture_output=True, text=True, check=True
    )
    symbols = [line.split() for line in listing.stdout.splitlines()]
    # A symbol of kind A is the name of a version.
    exported = {name.split("@")[0] for _, kind, name in symbols if kind != "A"}
    assert exported == set(prototypes())


@pytest.mark.parametrize("name", sorted(prototypes()))
def test_the_same_types(name: str) -> None:
    result, parameters = prototypes()[name]
    function = getattr(_abi.library, name)
    assert list(function.argtypes) == [in_ctypes(parameter) for parameter in parameters]
    assert function.restype is in_ctypes(f"{result} result")
    assert (getattr(function, "errcheck", None) is not None) == (result == "furca_status")


def test_structs_lie_in_memory_as_a_c_compiler_lays_them_out(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler to ask")
    lines = []
    for name, struct in STRUCTS.items():
        lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        for field, *_ in struct._fields_:
            at = f"offsetof({name}, {field}), sizeof((({name} *)0)->{field})"
            lines.append(f'printf("{name}.{field} %zu %zu\\n", {at});')
    source = tmp_path / "layout.c"
    body = "\n".join(lines)
    source.write_text(f"#include <furca/furca.h>\n#include <stdio.h>\nint main(void) {{ {body} return 0; }}\n")
    program = tmp_path / "layout"
    subprocess.run([compiler, "-I", str(HEADER.parents[1]), str(source), "-o", str(program)], check=True)
    answer = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout

    expected = []
    for name, struct in STRUCTS.items():
        expected.append(f"{name} {ctypes.sizeof(struct)}")
        for field, *_ in struct._fields_:
            place = getattr(struct, field)
            expected.append(f"{name}.{field} {place.offset} {place.size}")
    assert answer.splitlines() == expected


@pytest.mark.parametrize("name", STRUCTS)
def test_no_field_is_missing(name: str) -> None:
    body = re.search(rf"typedef struct {name} \{{(.*?)\}} {name};", header(), flags=re.DOTALL)
    assert body is not None
    fields = re.findall(r"(\w+);", body[1])
    assert fields == [field for field, *_ in STRUCTS[name]._fields_]


def test_the_same_constants() -> None:
    known = constants()
    by_status = {name.removeprefix("FURCA_ERROR_"): n for name, n in known.items() if name.startswith("FURCA_ERROR_")}
    assert sorted(by_status.values()) == sorted(errors._BY_STATUS)
    for name, status in by_status.items():
        assert errors._BY_STATUS[status].__name__.lower().startswith(
            {"IO": "file", "ARGUMENT": "argument"}.get(name, name.lower())
        )
        assert _abi.library.furca_status_name(status) == f"FURCA_ERROR_{name}".encode()
    for kind in ("FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16", "NULL", "INTEGER", "REAL", "TEXT", "BLOB"):
        assert getattr(_abi, kind) == known[f"FURCA_{kind}"]
    for number, kind in events.KINDS.items():
        assert known[f"FURCA_{kind.upper()}"] == number
    for number, label in events.LABELS.items():
        assert known[f"FURCA_LABEL_{(label or 'none').upper()}"] == number
    kinds = {name for name in known if known[name] and name.removeprefix("FURCA_").lower() in events.KINDS.values()}
    assert len(kinds) == len(events.KINDS)
    assert len(events.LABELS) == sum(name.startswith("FURCA_LABEL_") for name in known)


def test_the_same_versions() -> None:
    text = HEADER.read_text()
    version = ".".join(re.findall(r"#define FURCA_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text))
    assert furca.__version__ == _abi.library.furca_version().decode() == version
    [abi] = re.findall(r"#define FURCA_ABI_VERSION (\d+)", text)
    assert _library.ABI_VERSION == _abi.library.furca_abi_version() == int(abi)
