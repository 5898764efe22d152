"""Drives a headless Chromium over the pipes of its DevTools protocol: nothing but Python and Debian's chromium."""
from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any

DEADLINE_SECONDS = float(os.environ.get("REPORT_DEADLINE", "300"))  # nothing takes that long; whoever waits in vain fails instead of hanging


def program() -> str | None:
    """Where Chromium is; None: nowhere."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class ProtocolError(Exception):
    pass


class Chromium:
    """One browser; `with` ends it, and all that it has started."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        command = [str(program()), "--headless=new", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
                   "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                   "--hide-scrollbars", "--force-color-profile=srgb", f"--user-data-dir={self._folder}"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")

        def take_pipes() -> None:  # Chromium reads 3 and writes 4; neither may take the other's number on the way
            read, write = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser))
            os.dup2(read, 3)
            os.dup2(write, 4)

        self._log = open(os.path.join(self._folder, "stderr"), "w+b")
        self._process = subprocess.Popen(command, preexec_fn=take_pipes, close_fds=False, stdin=subprocess.DEVNULL,
                                         stdout=self._log, stderr=self._log, start_new_session=True,
                                         env={**os.environ, "HOME": self._folder})
        os.close(to_browser)
        os.close(from_browser)
        self._received = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "Chromium":
        return self

    def __exit__(self, *unused: Any) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _next_message(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._received:
            if not select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise ProtocolError("Chromium doesn't answer")
            piece = os.read(self._from, 1 << 20)
            if not piece:
                self._log.seek(0)
                raise ProtocolError("Chromium has ended: " + self._log.read().decode("utf-8", "replace")[-2000:])
            self._received += piece
        message, self._received = self._received.split(b"\0", 1)
        return json.loads(message)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data):]
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            answer = self._next_message(deadline)
            if answer.get("id") == number:
                if "error" in answer:
                    raise ProtocolError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def wait_for(self, method: str, session: str) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            for k, event in enumerate(self.events):
                if event["method"] == method and event.get("sessionId") == session:
                    del self.events[k]
                    return event["params"]
            event = self._next_message(deadline)
            if "method" in event:
                self.events.append(event)


class Tab:
    """A page of a report, and what it did: requests, messages of its console, errors."""

    def __init__(self, browser: Chromium, width: int = 1280, height: int = 900) -> None:
        self._browser = browser
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.resize(width, height)

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def resize(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=False)

    def forget(self) -> None:
        self._browser.events.clear()

    def _events(self, method: str) -> list[dict[str, Any]]:
        self.call("Runtime.evaluate", expression="0")  # what has been said before has arrived then
        return [event["params"] for event in self._browser.events
                if event["method"] == method and event.get("sessionId") == self._session]

    @property
    def requests(self) -> list[str]:
        return [event["request"]["url"] for event in self._events("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """Exceptions, and all that the console shows."""
        return ([event["exceptionDetails"].get("exception", {}).get("description", str(event))
                 for event in self._events("Runtime.exceptionThrown")]
                + [str(event["args"]) for event in self._events("Runtime.consoleAPICalled")]
                + [event["entry"]["text"] for event in self._events("Log.entryAdded")])

    def go(self, url: str) -> None:
        """Loads it anew, whatever is there."""
        self.call("Page.bringToFront")  # behind another one, nothing is drawn
        for address in ("about:blank", url):
            self.forget()
            self.call("Page.navigate", url=address)
            self._browser.wait_for("Page.loadEventFired", self._session)

    def open(self, url: str) -> None:
        """Until the report is ready."""
        self.go(url)
        self.evaluate("new Promise(done => { const look = () => document.documentElement.dataset.ready ? done(1) :"
                      " setTimeout(look, 5); look(); })")

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise ProtocolError(str(answer["exceptionDetails"].get("exception", {}).get("description")))
        return answer["result"].get("value")

    def frame(self) -> None:
        """What has been asked to be drawn has been drawn."""
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    def text(self, selector: str) -> str:
        """What a person reads there."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def texts(self, selector: str) -> list[str]:
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)")

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        self.frame()

    def press(self, key: str, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      **({"text": text} if text and kind == "keyDown" else {}),
                      windowsVirtualKeyCode={"Enter": 13, "Escape": 27, "ArrowDown": 40}.get(key, 0))
        self.frame()
