# SPDX-License-Identifier: MIT
"""Builds the package (PEP 517), with the standard library alone: `pip install ./python` needs neither a
network nor other packages. The same tree makes the same bytes."""
import base64
import hashlib
import io
import pathlib
import tarfile
import tomllib
import zipfile
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent
TAG = "py3-none-any"
DATE = (1980, 1, 1, 0, 0, 0)
MODE = 0o644


def _project() -> dict[str, Any]:
    with open(ROOT / "pyproject.toml", "rb") as file:
        project: dict[str, Any] = tomllib.load(file)["project"]
    return project


def _files() -> list[pathlib.Path]:
    return sorted(path for path in (ROOT / "cruddur").rglob("*")
                  if path.suffix == ".py" or path.name == "py.typed")


def _metadata(project: dict[str, Any]) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}",
             f"Summary: {project['description']}", f"License: {project['license']['text']}",
             f"Requires-Python: {project['requires-python']}",
             *(f"Classifier: {each}" for each in project["classifiers"]),
             "Description-Content-Type: text/markdown", "",
             (ROOT / project["readme"]).read_text(encoding="utf-8")]
    return "\n".join(lines).encode()


def _wheel_file() -> bytes:
    return f"Wheel-Version: 1.0\nGenerator: cruddur\nRoot-Is-Purelib: true\nTag: {TAG}\n".encode()


def _add(archive: zipfile.ZipFile, record: list[str], name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, DATE)
    entry.external_attr = (0o100000 | MODE) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record.append(f"{name},sha256={digest},{len(data)}")


def _build(folder: str, contents: list[tuple[str, bytes]]) -> str:
    project = _project()
    stem = f"{project['name']}-{project['version']}"
    info = f"{stem}.dist-info"
    record: list[str] = []
    name = f"{stem}-{TAG}.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as archive:
        for path, data in contents:
            _add(archive, record, path, data)
        _add(archive, record, f"{info}/METADATA", _metadata(project))
        _add(archive, record, f"{info}/WHEEL", _wheel_file())
        record.append(f"{info}/RECORD,,")
        entry = zipfile.ZipInfo(f"{info}/RECORD", DATE)
        entry.external_attr = (0o100000 | MODE) << 16
        archive.writestr(entry, "\n".join(record) + "\n")
    return name


# ---- what pip calls ----

def build_wheel(wheel_directory: str, config_settings: object = None,
                metadata_directory: object = None) -> str:
    return _build(wheel_directory, [(str(path.relative_to(ROOT)), path.read_bytes())
                                    for path in _files()])


def build_editable(wheel_directory: str, config_settings: object = None,
                   metadata_directory: object = None) -> str:
    return _build(wheel_directory, [("cruddur.pth", f"{ROOT}\n".encode())])


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    project = _project()
    stem = f"{project['name']}-{project['version']}"
    own = [ROOT / name for name in ("build_backend.py", "pyproject.toml", project["readme"])]
    contents = [(str(path.relative_to(ROOT)), path.read_bytes()) for path in (*own, *_files())]
    with tarfile.open(pathlib.Path(sdist_directory) / f"{stem}.tar.gz", "w:gz",
                      format=tarfile.PAX_FORMAT) as archive:
        for name, data in (("PKG-INFO", _metadata(project)), *contents):
            entry = tarfile.TarInfo(f"{stem}/{name}")
            entry.size, entry.mode = len(data), MODE
            archive.addfile(entry, io.BytesIO(data))
    return f"{stem}.tar.gz"


if __name__ == "__main__":
    import sys
    print(build_wheel(sys.argv[1]))
