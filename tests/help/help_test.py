"""What --help says, and that manual pages and completions say the same: help_test.py STUDY_HOST DOCUMENTS SOURCE_DIR

The texts are held to those in golden/, which `STUDY_WRITE_GOLDEN=1` writes anew, to be looked at before they are
committed.
"""
import fcntl
import gzip
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
from pathlib import Path

HOST, DOCUMENTS, SOURCE = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3])
GOLDEN = SOURCE / "tests/help/golden"
LIMIT = 120  # seconds, for any program here


def environment(**changed: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    return kept | changed


def run(*command: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, **more)


def help_of(*command: str) -> str:
    done = run(HOST, *command, "--help", env=environment())
    assert done.returncode == 0 and done.stderr == "", done
    return done.stdout


def items_below(title: str, text: str) -> list[str]:
    """The first words of the items below a heading."""
    found = re.search(rf"^{title}:\n((?:  .*\n)+)", text, re.M)
    return re.findall(r"^  (\S.*?)(?:  .*)?$", found[1], re.M) if found else []


def commands() -> list[str]:
    return items_below("Commands", help_of())


def options_of(*command: str) -> list[str]:
    return [name for item in items_below("Options", help_of(*command)) for name in re.findall(r"--?[a-z][a-z-]*", item)]


def on_terminal(*command: str, columns: int = 80, **variables: str) -> str:
    """All bytes that it prints to a terminal of this width."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([HOST, *command], stdout=follower, env=environment(**variables))
    os.close(follower)
    printed = b""
    try:
        while chunk := os.read(leader, 65536):
            printed += chunk
    except OSError:  # EIO: nobody has it open any more
        pass
    os.close(leader)
    assert process.wait(LIMIT) == 0
    return printed.decode().replace("\r\n", "\n")


class HelpIsWhole(unittest.TestCase):
    def test_texts_are_the_golden_ones(self) -> None:
        for command in [[], *([name] for name in commands())]:
            file = GOLDEN / f"{'-'.join(['study-host', *command])}.txt"
            text = help_of(*command)
            if os.environ.get("STUDY_WRITE_GOLDEN"):
                file.parent.mkdir(exist_ok=True)
                file.write_text(text)
            self.assertTrue(file.exists(), f"{file} is missing: STUDY_WRITE_GOLDEN=1 writes it")
            self.assertEqual(text, file.read_text(), file)

    def test_each_command_tells_exit_codes_environment_and_an_example(self) -> None:
        for command in commands():
            with self.subTest(command):
                text = help_of(command)
                self.assertIn(f"Usage: study-host {command} ", text)
                codes = items_below("Exit codes", text)
                self.assertTrue(codes[0] == "0" or codes[0].startswith("0 to"), codes)
                self.assertIn("2", codes)
                self.assertTrue(items_below("Environment", text))
                self.assertRegex(text, rf"\nExamples?:\n(.*\n)*?  .*study-host {command}")

    def test_short_help_and_help_before_a_missing_argument(self) -> None:
        self.assertEqual(run(HOST, "-h").stdout, help_of())
        self.assertEqual(run(HOST, "status", "-h").stdout, help_of("status"))


class HelpIsReadable(unittest.TestCase):
    def test_lines_are_wrapped_at_words_to_the_terminal(self) -> None:
        for command in [[], *([name] for name in commands())]:
            words = help_of(*command).split()
            for columns in (30, 47, 80, 100, 200):
                with self.subTest(command=command, columns=columns):
                    text = on_terminal(*command, "--help", columns=columns, TERM="dumb")
                    self.assertEqual(text.split(), words)
                    examples = text.index("\nExample")
                    for line in text[:examples].splitlines():
                        one_word = len(line.split()) == 1 or line.lstrip().startswith("-") or "study-host " in line
                        self.assertTrue(len(line) <= columns or one_word, line)

    def test_without_a_terminal_lines_have_80_columns(self) -> None:
        for command in [[], *([name] for name in commands())]:
            longest = max(len(line) for line in help_of(*command).splitlines())
            self.assertTrue(70 <= longest <= 80, longest)

    def test_colours_are_for_terminals_that_want_them(self) -> None:
        plain = help_of("run")
        self.assertNotIn("\x1b", plain)
        coloured = on_terminal("run", "--help", TERM="xterm")
        self.assertIn("\x1b[1mOptions\x1b[0m:", coloured)
        self.assertEqual(re.sub("\x1b\\[[0-9]*m", "", coloured), plain)
        self.assertIn("\x1b", on_terminal("run", "--help", TERM="xterm", NO_COLOR=""))
        for variables in ({"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}, {}):
            self.assertEqual(on_terminal("run", "--help", **variables), plain)


class ManualPages(unittest.TestCase):
    def pages(self) -> dict[str, str]:
        return {file.name: gzip.decompress(file.read_bytes()).decode() for file in (DOCUMENTS / "man1").iterdir()}

    def test_there_is_one_for_the_program_and_for_each_command(self) -> None:
        expected = {"study-host.1.gz"} | {f"study-host-{name}.1.gz" for name in commands()}
        self.assertEqual(set(self.pages()), expected)

    def test_they_say_what_help_says(self) -> None:
        if not shutil.which("man"):
            print("SKIPPED: without man(1) no manual page is laid out", flush=True)
            return
        for command in [[], *([name] for name in commands())]:
            file = DOCUMENTS / "man1" / f"{'-'.join(['study-host', *command])}.1.gz"
            done = run("man", "--warnings", "--encoding=UTF-8", "--local-file", str(file),
                       env=environment(MANWIDTH="80", LC_ALL="C.UTF-8", MAN_KEEP_FORMATTING="", MANROFFOPT="", PAGER="cat"))
            self.assertEqual((done.returncode, done.stderr), (0, ""), file)
            shown = " ".join(re.sub(r"[\u2010\u2212]\n\s*", "-", done.stdout).split())
            text = help_of(*command)
            for part in re.findall(r"--?[a-z][a-z-]+|(?<=\n  )[0-9]+(?:, [0-9]+)*(?=  )|[A-Z_]{6,}", text):
                self.assertIn(part, shown, file)
            for paragraph in re.findall(r"\n\n([^ ].*(?:\n\S.*)*)", text):
                if ":" not in paragraph.split("\n")[0] or len(paragraph) > 80:
                    self.assertIn(self.unhyphenated(paragraph), self.unhyphenated(shown), file)

    @staticmethod
    def unhyphenated(text: str) -> str:
        """man(1) hyphenates and fills, which is its own affair."""
        return re.sub(r"[\s\u2010\u2212-]", "", text)


class Completion(unittest.TestCase):
    def complete(self, *words: str, folder: str = ".") -> set[str]:
        """What bash offers for the last of the words."""
        script = ('source "$1"; shift; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
                  '_study_host; printf "%s\\n" "${COMPREPLY[@]}"')
        done = run("bash", "--norc", "-c", script, "bash", str(DOCUMENTS / "bash/study-host"), "study-host", *words,
                   cwd=folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return set(done.stdout.split())

    def test_bash_completes_commands_and_all_options(self) -> None:
        self.assertEqual(self.complete(""), set(commands()) | set(options_of()))
        self.assertEqual(self.complete("sta"), {"status"})
        for command in commands():
            self.assertEqual(self.complete(command, "-"), set(options_of(command)), command)

    def test_bash_completes_values_by_what_they_are(self) -> None:
        self.assertEqual(self.complete("run", "--log-level", ""), {"trace", "debug", "info", "warning", "error"})
        self.assertEqual(self.complete("run", "--log-level", "w"), {"warning"})
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "study.yaml").touch()
            (Path(folder) / "studies").mkdir()
            self.assertEqual(self.complete("run", "stud", folder=folder), {"study.yaml", "studies"})
            self.assertEqual(self.complete("status", "stud", folder=folder), {"studies"})
            self.assertEqual(self.complete("run", "--config", "study.", folder=folder), {"study.yaml"})
            self.assertEqual(self.complete("run", "--jobs", "", folder=folder), set())

    def test_zsh_knows_all_commands_and_options(self) -> None:
        text = (DOCUMENTS / "zsh/_study-host").read_text()
        self.assertTrue(text.startswith("#compdef study-host\n"))
        for command in commands():
            self.assertRegex(text, rf"\n  '{command}:")
            part = text[text.index(f"      {command})"):]
            part = part[:part.index(";;")]
            for option in options_of(command):
                self.assertIn(f"){option}[", part)

    def test_zsh_completes(self) -> None:
        if not shutil.which("zsh"):
            print("SKIPPED: without zsh its completion isn't tried", flush=True)
            return
        self.assertEqual(run("zsh", "-n", str(DOCUMENTS / "zsh/_study-host")).stderr, "")
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.zsh(folder, "study-host sta"), "study-host status ")
            self.assertEqual(self.zsh(folder, "study-host run --dry"), "study-host run --dry-run ")
            self.assertEqual(self.zsh(folder, "study-host run --log-level war"), "study-host run --log-level warning ")
            (Path(folder) / "only.yaml").touch()
            self.assertEqual(self.zsh(folder, "study-host run on"), "study-host run only.yaml ")

    @staticmethod
    def zsh(folder: str, line: str) -> str:
        """The line after a Tab, in a shell on a terminal."""
        setup = (f"fpath=({DOCUMENTS}/zsh $fpath); autoload -Uz compinit; compinit -u -D; PS1=; unsetopt zle_bracketed_paste;"
                 "show() { print -r -- \"<$BUFFER>\"; exit }; zle -N show;"
                 "complete-and-show() { zle expand-or-complete; zle show }; zle -N complete-and-show;"
                 "bindkey '^I' complete-and-show; print ready")
        leader, follower = pty.openpty()
        process = subprocess.Popen(["zsh", "-f", "-i"], stdin=follower, stdout=follower, stderr=follower, cwd=folder,
                                   start_new_session=True, env=environment(TERM="dumb", HOME=folder))
        os.close(follower)
        try:
            os.write(leader, (setup + "\n").encode())
            seen = b""
            while b"\nready" not in seen:
                seen += os.read(leader, 65536)
            os.write(leader, (line + "\t").encode())
            while not (found := re.search(rb"<([^<>]*)>\r?\n", seen.split(b"\nready", 1)[1])):
                seen += os.read(leader, 65536)
            return found[1].decode()
        finally:
            process.kill()
            process.wait()
            os.close(leader)


class Scripts(unittest.TestCase):
    def test_demo_and_setup_tell_what_they_do_and_do_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as empty:
            for script in ("demo.sh", "setup.sh"):
                for flag in ("--help", "-h"):
                    done = run("/bin/bash", str(SOURCE / "sample_host" / script), flag, cwd=empty,
                               env={"PATH": "/usr/bin:/bin"})
                    self.assertEqual((done.returncode, done.stderr), (0, ""), script)
                    self.assertIn(f"bash sample_host/{script}", done.stdout)
                    self.assertNotIn("Building", done.stdout)
                wrong = run("/bin/bash", str(SOURCE / "sample_host" / script), "--halp", cwd=empty)
                self.assertEqual(wrong.returncode, 2, script)
                self.assertIn("--halp", wrong.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
