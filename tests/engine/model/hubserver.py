"""As much of the Hugging Face Hub as a download asks of it, on this machine."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

REPOSITORY = "tests/tiny"
SHA = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """One repository, and what was downloaded from it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.gated = False
        self.downloads: list[str] = []
        self.url = ""

    def environment(self, home: Path) -> dict[str, str]:
        """What points huggingface_hub here, and its cache to `home`."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
        }


@contextmanager
def hub_served(files: dict[str, bytes]) -> Iterator[Hub]:
    """Serve a repository of these files for the time being."""
    hub = Hub(files)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def _answer(self, *, body: bool) -> None:
            path = urlsplit(self.path).path
            api = f"/api/models/{REPOSITORY}"
            resolved = f"/{REPOSITORY}/resolve/{SHA}/"
            if path in (api, f"{api}/revision/main"):
                self._json(_info(hub))
            elif path == f"{api}/tree/{SHA}":
                self._json(_tree(hub))
            elif path.startswith(resolved) and path.removeprefix(resolved) in hub.files:
                self._file(path.removeprefix(resolved), body=body)
            else:
                self._refuse(404, "RepoNotFound")

        def _file(self, name: str, *, body: bool) -> None:
            if hub.gated:
                self._refuse(403, "GatedRepo")
                return
            if body:
                hub.downloads.append(name)
            data = hub.files[name]
            self.send_response(200)
            self.send_header("X-Repo-Commit", SHA)
            self.send_header("ETag", f'"{_sum(data)}"')
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                self.wfile.write(data)

        def _json(self, document: object) -> None:
            data = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is theirs
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


def _sum(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _info(hub: Hub) -> dict[str, object]:
    siblings = [
        {"rfilename": name, "size": len(data), "blobId": _sum(data)}
        for name, data in hub.files.items()
    ]
    return {"id": REPOSITORY, "sha": SHA, "siblings": siblings, "private": False, "gated": False}


def _tree(hub: Hub) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": name, "size": len(data), "oid": _sum(data)}
        for name, data in hub.files.items()
    ]
