# SPDX-License-Identifier: Apache-2.0
"""What becomes of the plugin's file, of its folder and of plugins.conf, before the command runs."""
import os
import re
import shutil


def _patch(project, offset, replacement):
    data = bytearray(project.plugin.read_bytes())
    data[offset:offset + len(replacement)] = replacement
    project.plugin.write_bytes(data)


def _instead(project):
    project.plugin.unlink()
    return project.plugin


# ---- the file ----

def same_name(project):
    """The second export gets the name of the first."""
    data = project.plugin.read_bytes()
    project.plugin.write_bytes(data.replace(b"godwit_plugin_v2\0", b"godwit_plugin_v1\0"))


def other_machine(project):
    _patch(project, 18, (8).to_bytes(2, "little"))  # e_machine: MIPS


def other_class(project):
    _patch(project, 4, b"\1")  # 32 bits


def truncated(project):
    data = project.plugin.read_bytes()
    project.plugin.write_bytes(data[:len(data) // 2])


def only_header(project):
    project.plugin.write_bytes(project.plugin.read_bytes()[:64])


def empty(project):
    project.plugin.write_bytes(b"")


def text(project):
    project.plugin.write_text("#!/bin/sh\necho hello\n", encoding="utf-8")


def folder(project):
    _instead(project).mkdir()


def fifo(project):
    os.mkfifo(_instead(project))


def socket(project):
    import socket as sockets  # slow to import, for one case of hundreds
    with sockets.socket(sockets.AF_UNIX) as server:
        server.bind(os.path.relpath(_instead(project)))


def device(project):
    project.set_path("/dev/zero")


def symlink_loop(project):
    _instead(project).symlink_to("hostile.so")


def missing(project):
    _instead(project)


def huge(project):
    os.truncate(project.plugin, 1 << 30)


def ghost(project):
    """The revision that the database has is in no file; gives back what brings it back."""
    project.real("upgrade")
    file = next((project.folder / "migrations").glob("*cccc*"))
    away = project.folder / "away.sql"
    file.rename(away)
    return lambda: away.rename(file)


# ---- its place, trust and pins ----

def exchanged(project):
    other = project.plugin.with_name("other.so")
    shutil.copy(project.plugins / "two-exports.so", other)
    other.rename(project.plugin)


def pin(project, digest=None):
    """What lies there now is what is wanted; nothing to say of what cannot be read."""
    import hashlib
    if not digest and project.plugin.is_file():
        digest = hashlib.sha256(project.plugin.read_bytes()).hexdigest()
    if digest and "sha256" not in project.conf.read_text(encoding="utf-8"):
        project.replace('isolate', f'sha256 = "{digest}"; isolate')


def pinned_other(project):
    pin(project, 64 * "a")


def open_folder(project):
    project.plugin.parent.chmod(0o777)


def open_file(project):
    project.plugin.chmod(0o646)


def set_id(project):
    project.plugin.chmod(0o4755)


def path_is(path):
    return lambda project: project.set_path(path)


def second_entry(project):
    entry = re.search(r"\{ name = .*\}", project.conf.read_text(encoding="utf-8")).group()
    project.replace(entry, entry + ", " + entry.replace('"hostile"', '"again"'))
