"""A chat model of a few kilobytes, as GGUF and as a wheel, and a package index that serves it."""

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import numpy as np

from engine.model.catalogue import Known

TEMPLATE = "{% for m in messages %}<|s|>{{ m['role'] }}\n{{ m['content'] }}<|e|>{% endfor %}"
WIDTH, HIDDEN, LAYERS, HEADS = 32, 64, 2, 2


def write_gguf(path: Path, *, template: bool = True, tokenizer: bool = True) -> Path:
    """A llama of two small layers with a byte tokenizer."""
    import gguf

    letters = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
    tokens = ["<|endoftext|>", "<|s|>", "<|e|>", *letters, "ab"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    if tokenizer:
        writer.add_tokenizer_model("gpt2")
        writer.add_token_list(tokens)
        writer.add_token_types([3, 3, 3] + [1] * (len(tokens) - 3))
        writer.add_token_merges(["a b"])
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        if template:
            writer.add_chat_template(TEMPLATE)
    numbers = np.random.default_rng(1)
    shapes = {"token_embd.weight": (len(tokens), WIDTH), "output_norm.weight": (WIDTH,)}
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        shapes |= {f"{block}{name}.weight": (WIDTH,) for name in ("attn_norm", "ffn_norm")}
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"{block}{name}.weight"] = (WIDTH, WIDTH)
        shapes[f"{block}ffn_gate.weight"] = shapes[f"{block}ffn_up.weight"] = (HIDDEN, WIDTH)
        shapes[f"{block}ffn_down.weight"] = (WIDTH, HIDDEN)
    for name, shape in shapes.items():
        writer.add_tensor(name, numbers.standard_normal(shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def pack(wheel: Path, gguf: Path) -> Path:
    """A wheel with the GGUF file in it, as the embedded model comes."""
    wheel.parent.mkdir(parents=True, exist_ok=True)
    metadata = "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(gguf, "tiny_model/tiny.gguf")
        # pip tells no progress of less than half a megabyte.
        archive.writestr("tiny_model/ballast", bytes(600_000))
        archive.writestr("tiny_model-1.0.dist-info/METADATA", metadata)
        archive.writestr("tiny_model-1.0.dist-info/WHEEL", tags)
        archive.writestr("tiny_model-1.0.dist-info/RECORD", "")
    return wheel


def known(wheel: Path, gguf: Path) -> Known:
    """How the catalogue would name it."""
    return Known(
        name="tiny",
        title="Tiny",
        licence="Apache-2.0",
        package="tiny-model==1.0",
        wheel=wheel.name,
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        member="tiny_model/tiny.gguf",
        member_sha256=hashlib.sha256(gguf.read_bytes()).hexdigest(),
        disk=1_000_000,
        memory=1_000_000,
    )


class Index:
    """A package index of one wheel, and what was asked of it."""

    def __init__(self, wheel: Path) -> None:
        self.wheel = wheel
        self.downloads: list[str] = []
        """The `Range` of every request for the wheel, empty where it asked for all."""
        self.cut_after: list[int] = []
        """After how many bytes each next download breaks off."""
        self.hold = threading.Event()
        """While cleared, a download stops after its first half."""
        self.hold.set()
        self.url = ""


@contextmanager
def served(wheel: Path) -> Iterator[Index]:
    """Serve an index on this machine for the time being."""
    index = Index(wheel)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/simple/tiny-model/":
                self._page(f'<a href="/files/{wheel.name}">{wheel.name}</a>')
            elif self.path == f"/files/{wheel.name}":
                self._download()
            else:
                self.send_error(404)

        def _page(self, link: str) -> None:
            body = f"<!DOCTYPE html><html><body>{link}</body></html>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _download(self) -> None:
            wanted = self.headers.get("Range", "")
            index.downloads.append(wanted)
            whole = wheel.read_bytes()
            start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
            data = whole[start:]
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", '"tiny"')
            self.send_header("Content-Length", str(len(data)))
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
            self.end_headers()
            if index.cut_after:
                self.wfile.write(data[: index.cut_after.pop(0)])
                self.close_connection = True
                return
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            index.hold.wait(60)
            self.wfile.write(data[len(data) // 2 :])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is theirs
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        index.url = f"http://127.0.0.1:{server.server_port}/simple"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield index
        finally:
            index.hold.set()
            server.shutdown()
            thread.join()


def environment(cache: Path, url: str) -> dict[str, str]:
    """Environment variables that put a fetch onto an index, whatever the person's settings."""
    return {
        "DRIFTTY_CACHE_DIR": str(cache),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": url,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_DEFAULT_TIMEOUT": "60",
    }


def described(entry: Known) -> str:
    """A catalogue entry as an argument for a process."""
    return msgspec.json.encode(entry).decode()
