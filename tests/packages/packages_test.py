"""The Debian packages of a build, as cpack makes them: packages_test.py CMAKE CPACK BUILD_DIR SOURCE_DIR

try_in_chroot.sh installs, uses and removes them in a bare system.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE, CPACK, BUILD, SOURCE = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
VERSION = re.search(r"project\(study_checkpoint VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text())[1]
DOC = "usr/share/doc/study-checkpoint"
LIMIT = 500  # seconds, for any program here


def run(*command: str, **more: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def code_block(page: str, language: str) -> str:
    """The first block of that language in the README of host_api."""
    return re.search(rf"```{language}\n(.*?)```", page, re.S)[1]


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.work = Path(cls.folder.name)
        run(CPACK, "-G", "DEB", "--config", str(BUILD / "CPackConfig.cmake"), "-B", str(cls.work / "built"))
        cls.packages = {file.name.split("_")[0]: file for file in (cls.work / "built").glob("*.deb")}
        cls.root = cls.work / "root"  # what both put into the system
        cls.files = {}
        for name, file in cls.packages.items():
            run("dpkg-deb", "--extract", str(file), str(cls.work / name))
            run("dpkg-deb", "--extract", str(file), str(cls.root))
            cls.files[name] = files_below(cls.work / name)

    def field(self, package: str, name: str) -> str:
        return run("dpkg-deb", "--field", str(self.packages[package]), name).strip()

    def host(self, *arguments: str) -> str:
        return run(str(self.root / "usr/bin/study-host"), *arguments)

    def commands(self) -> list[str]:
        listed = re.search(r"\nCommands:\n((?:  .*\n)+)", self.host("--help"))[1]
        return re.findall(r"^  (\S+)", listed, re.M)

    def test_study_checkpoint_has_the_host_plugins_and_texts(self) -> None:
        pages = {"study-host"} | {f"study-host-{command}" for command in self.commands()}
        expected = {
            "usr/bin/study-host", "usr/lib/libstudy_session.so.1",
            "usr/share/bash-completion/completions/study-host", "usr/share/zsh/vendor-completions/_study-host",
            "usr/share/study_host/study.schema.json", "usr/share/study_host/study_host.schema.json",
            f"{DOC}/copyright", f"{DOC}/changelog.gz", f"{DOC}/changelog.Debian.gz", f"{DOC}/README.md",
            f"{DOC}/TRUST.md",
            *(f"{DOC}/formats/{store}.md" for store in ("manifest", "journal", "sqlite", "postgres")),
            *(f"usr/lib/study_observers/{name}_writer.so" for name in ("manifest", "journal", "sqlite", "postgres")),
            *(f"usr/share/man/man1/{page}.1.gz" for page in pages),
        }
        self.assertEqual(self.files["study-checkpoint"], expected)

    def test_study_checkpoint_dev_has_what_is_built_against(self) -> None:
        headers = {f"usr/include/study/{file.name}" for file in (SOURCE / "host_api/include/study").iterdir()}
        files = self.files["study-checkpoint-dev"]
        self.assertEqual({file for file in files if file.startswith("usr/include")}, headers)
        for file in ("libstudy_host_api.a", "libstudy_session.a", "libstudy_session.so", "pkgconfig/study_session.pc",
                     "pkgconfig/study_host_api.pc", "cmake/study_host_api/study_host_api-config.cmake",
                     "cmake/study_host_api/study_add_observer.cmake"):
            self.assertIn(f"usr/lib/{file}", files)
        self.assertEqual(set(), {file for file in files if "/bin/" in file or "study_observers" in file})

    def test_cmake_installs_the_same_files(self) -> None:
        run(CMAKE, "--install", str(BUILD), "--prefix", str(self.work / "prefix"))
        installed = {f"usr/{file}" for file in files_below(self.work / "prefix")}
        self.assertEqual(installed, self.files["study-checkpoint"] | self.files["study-checkpoint-dev"])

    def test_dependencies_are_those_of_what_is_linked(self) -> None:
        needed = self.field("study-checkpoint", "Depends")
        for library in ("libc6 (", "libpq5 (", "libsqlite3-0 (", "libyaml-0-2", "libutf8proc", "libnettle", "libboost-log"):
            self.assertIn(library, needed)
        self.assertNotRegex(needed, r"-dev\b|cmake|g\+\+")
        needed = self.field("study-checkpoint-dev", "Depends")
        self.assertIn(f"study-checkpoint (= {VERSION}-1)", needed)
        self.assertRegex(needed, r"libboost[0-9.]*-dev")
        self.assertIn("nettle-dev", needed)

    def test_there_is_one_version(self) -> None:
        for package in self.packages:
            self.assertEqual(self.field(package, "Version"), f"{VERSION}-1")
        self.assertEqual(self.host("--version"), f"study-host {VERSION}\n")
        for name in ("manifest", "journal", "sqlite", "postgres"):
            self.assertIn(f"{name}_writer {VERSION}\n", self.host("plugins"))
        changes = (SOURCE / "sample_host/CHANGELOG.md").read_text()
        self.assertEqual(re.search(r"^## (\S+)", changes, re.M)[1], VERSION)
        self.assertIn(f'version = "{VERSION}"', (SOURCE / "host_api/python/pyproject.toml").read_text())
        for name in ("study_session", "study_host_api"):
            self.assertEqual(self.pkg_config("--modversion", name), [VERSION])

    def test_lintian_finds_no_error(self) -> None:
        if not shutil.which("lintian"):
            print("SKIPPED: without lintian the packages aren't held to Debian's policy", flush=True)
            return
        if "CMAKE_BUILD_TYPE:STRING=Debug" in (BUILD / "CMakeCache.txt").read_text():
            print("SKIPPED: the static libraries of a debug build aren't those of a package", flush=True)
            return
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", *map(str, self.packages.values())],
                              capture_output=True, text=True, timeout=LIMIT, check=False)
        print(done.stdout, flush=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_was_packed_runs_a_study(self) -> None:
        study = {"name": "packed", "backend": "shell", "runners": {"shell": {"command": ["echo", "{}"]}}}
        (self.work / "study.json").write_text(json.dumps(study))
        directory = self.host("run", str(self.work / "study.json")).strip()
        self.assertEqual(json.loads((Path(directory) / "manifest.json").read_text())["completed"], 1)

    def pkg_config(self, *arguments: str) -> list[str]:
        if not shutil.which("pkg-config"):
            self.skipTest("SKIPPED: there is no pkg-config")
        variables = {"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": str(self.root / "usr/lib/pkgconfig")}
        return run("pkg-config", *arguments, env=variables).split()

    def build(self, source: Path, *flags: str) -> Path:
        program = source.with_suffix("")
        compiler = "g++" if source.suffix == ".cpp" else "gcc"
        run(compiler, str(source), "-o", str(program), *flags)
        return program

    def test_pkg_config_builds_the_readmes_program_in_c(self) -> None:
        page = (SOURCE / "host_api/README.md").read_text()
        source = self.work / "orchestrator.c"
        source.write_text(code_block(page, "c"))
        options = {"study_name": "c", "results_dir": str(self.work / "results_c")}
        program = self.build(source, *self.pkg_config("--cflags", "--libs", "study_session"))
        shared = run(str(program), json.dumps(options), env={"LD_LIBRARY_PATH": str(self.root / "usr/lib")})
        self.assertEqual(shared, "1 left\n")
        # The static library in the place of the shared one, with all that it needs.
        flags = self.pkg_config("--static", "--cflags", "--libs", "study_session")
        static = self.build(source, *("-l:libstudy_session.a" if flag == "-lstudy_session" else flag for flag in flags))
        self.assertNotIn("libstudy_session", run("ldd", str(static)))
        plugins = {"STUDY_OBSERVER_PATH": str(self.root / "usr/lib/study_observers")}
        options["study_name"] = "static"
        self.assertEqual(run(str(static), json.dumps(options), env=plugins), "1 left\n")

    def test_pkg_config_builds_the_readmes_program_in_cpp(self) -> None:
        page = (SOURCE / "host_api/README.md").read_text()
        source = self.work / "embedded.cpp"
        source.write_text(code_block(page, "cpp"))
        program = self.build(source, "-std=c++20", *self.pkg_config("--static", "--cflags", "--libs", "study_host_api"))
        printed = run(str(program), str(self.work / "results_cpp"), str(self.root / "usr/lib/study_observers"))
        self.assertTrue(printed.startswith("3 completed in "), printed)


if __name__ == "__main__":
    for needed in ("dpkg-deb", "dpkg-shlibdeps"):
        if not shutil.which(needed):
            print(f"SKIPPED: there is no {needed}, so Debian's packages aren't built here")
            sys.exit(0)
    unittest.main(argv=sys.argv[:1], verbosity=2)
