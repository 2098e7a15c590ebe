# SPDX-License-Identifier: MIT
"""A root folder that has nothing but the Lambda function's package in /var/task, and an empty /tmp."""
import os
import pathlib
import subprocess
import tempfile
import zipfile

from function import Function

# As Lambda sets it: the system's libraries come first.
LIBRARY_PATH = ("/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib")


def enter_command():
    """What runs a program in another root: as root, or in a user namespace; None where neither is
    possible."""
    for command in (["chroot"], ["unshare", "--map-root-user", "chroot"]):
        try:
            if subprocess.run([*command, "/", "true"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return command
        except FileNotFoundError:
            continue
    return None


class Root:
    def __init__(self, package):
        self.folder = tempfile.TemporaryDirectory(prefix="cruddur-root-")
        self.path = pathlib.Path(self.folder.name)
        os.chmod(self.path, 0o755)
        (self.path / "tmp").mkdir()
        task = self.path / "var" / "task"
        with zipfile.ZipFile(package) as archive:
            for info in archive.infolist():
                file = pathlib.Path(archive.extract(info, task))
                file.chmod(info.external_attr >> 16 & 0o777)

    def write(self, path, content):
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def start(self, address, store, **environment):
        """The function, in here, with what Lambda has in its environment."""
        given = {"LD_LIBRARY_PATH": LIBRARY_PATH, "LAMBDA_TASK_ROOT": "/var/task",
                 "_HANDLER": "bootstrap", "LANG": "en_US.UTF-8", "TZ": ":UTC", "HOME": None}
        return Function(address, store, command=[*enter_command(), str(self.path),
                                                 "/var/task/bootstrap"], **(given | environment))

    def close(self):
        self.folder.cleanup()
