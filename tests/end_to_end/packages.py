"""Packages of plugins as their authors make them: archives, sums and signatures, and a project to add them to."""
import base64
import ctypes
import hashlib
import io
import json
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

from plugins_test import C_PLUGIN, MANIFEST, WORKFLOW
from project import Project, source

sodium = ctypes.CDLL("libsodium.so.23")


class Author:
    """Signs as minisign does."""

    def __init__(self, seed, name=None):
        self.id, self.public, self.secret = bytes([seed]) * 8, ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        sodium.crypto_sign_seed_keypair(self.public, self.secret, bytes([seed]) * 32)
        self.key = base64.b64encode(b"Ed" + self.id + self.public.raw).decode()
        self.file = f"untrusted comment: {name or 'minisign public key ' + self.id.hex()}\n{self.key}\n"

    def bare(self, message):
        made = ctypes.create_string_buffer(64)
        sodium.crypto_sign_detached(made, None, message, ctypes.c_ulonglong(len(message)), self.secret)
        return made.raw

    def sign(self, content, comment=b"timestamp:1764200000"):
        signature = self.bare(hashlib.blake2b(content).digest())
        line = base64.b64encode(b"ED" + self.id + signature)
        whole = base64.b64encode(self.bare(signature + comment))
        return b"untrusted comment: signature\n" + line + b"\ntrusted comment: " + comment + b"\n" + whole + b"\n"


def sums(files):
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())).encode()


def tar(entries):
    """A .tar.gz of (TarInfo or name, content)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for entry, content in entries:
            info = entry if isinstance(entry, tarfile.TarInfo) else tarfile.TarInfo(entry)
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def odd(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


class PackageBench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "hello.c"
            path.write_text(C_PLUGIN)
            subprocess.run(["cc", "-shared", "-fPIC", "-fvisibility=hidden", "-I", source / "engine" / "abi", "-o", path.with_suffix(".so"), path], check=True)
            cls.library = path.with_suffix(".so").read_bytes()
        cls.acme, cls.other = Author(1, "Acme"), Author(2)

    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)
        self.outside = pathlib.Path(tempfile.mkdtemp(prefix="package-"))
        self.addCleanup(subprocess.run, ["rm", "-rf", self.outside], check=True)

    def files(self, library=True, author=None, **changes):
        """What is in a package; changes go into its manifest."""
        manifest = {**MANIFEST, "library": library, **changes}
        if not library:
            manifest["actions"] = {"say": {"summary": "Say hello", "effect": "none", "result": "{'text': 'hello'}"}, **changes.get("actions", {})}
        files = {"hello.json": json.dumps(manifest).encode()}
        if library:
            files["hello.so"] = self.library
        return self.summed(files, author)

    def summed(self, files, author=None):
        files = {name: content for name, content in files.items() if not name.startswith("SHA256SUMS")}
        files["SHA256SUMS"] = sums({name: content for name, content in files.items() if name != "minisign.pub"})
        if author:
            files["SHA256SUMS.minisig"] = author.sign(files["SHA256SUMS"])
        return files

    def package(self, files, name="hello.tar.gz", outer="hello-1.0.0/"):
        path = self.outside / name
        path.write_bytes(files if isinstance(files, bytes) else tar([(outer + each, content) for each, content in files.items()]))
        return path

    def add(self, path, *options, expect=0, **more):
        done = self.project.millrace("plugin", "add", path, *options, **more)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def lock(self):
        path = self.project.folder / "plugins" / "lock.yaml"
        return path.read_text() if path.exists() else ""

    def installed(self, name="hello.json"):
        path = self.project.folder / "plugins" / "hello" / name
        return path.read_bytes() if path.exists() else None

    def run_it(self):
        self.project.write("workflows/greet.yaml", WORKFLOW)
        return self.project.millrace("run", "greet", "--live")
