"""Be a browser's session to a started server, for uploads."""

from __future__ import annotations

import importlib
import time
import urllib.parse
import urllib.request
from types import TracebackType
from typing import Any

from ..types import InputError

ANSWER_S = 180.0
_SUCCESS = 0  # how a run of the page ends that no other one cuts off


class PageClient:
    """Hold a session at the start page.

    The messages are those of the server's own package.
    """

    def __init__(self, port: int) -> None:
        self.address = f"localhost:{port}"
        # By name, as nothing here draws: it is what the started server already needs.
        self._sent: Any = importlib.import_module("streamlit.proto.BackMsg_pb2").BackMsg
        self._received: Any = importlib.import_module("streamlit.proto.ForwardMsg_pb2").ForwardMsg
        client: Any = importlib.import_module("websockets.sync.client")
        connection = client.connect(
            f"ws://{self.address}/_stcore/stream",
            origin=f"http://{self.address}",
            subprotocols=["streamlit"],
            max_size=None,
            proxy=None,
        )
        self._socket = connection.__enter__()  # as later releases ask for; it is left by `__exit__`
        self._session = self._uploader = ""

    def __enter__(self) -> PageClient:
        message = self._sent()
        message.rerun_script.query_string = ""
        self._send(message)
        self._until_shown(after="")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def upload(self, name: str, data: bytes) -> None:
        """Upload a file, and wait until the page shows it whole."""
        message = self._sent()
        asked = message.file_urls_request
        asked.request_id, asked.session_id = name, self._session
        asked.file_names.append(name)
        self._send(message)
        (urls,) = self._until("file_urls_response").file_urls_response.file_urls
        self._put(urllib.parse.urljoin(f"http://{self.address}", urls.upload_url), name, data)
        message = self._sent()
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id = before = self._uploader
        info = widget.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(data), urls.file_id
        info.file_urls.CopyFrom(urls)
        self._send(message)
        self._until_shown(after=before)

    def _send(self, message: Any) -> None:
        self._socket.send(message.SerializeToString())

    def _put(self, address: str, name: str, data: bytes) -> None:
        edge = b"----prosopon"
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
        body = b"--" + edge + b"\r\n" + head.encode() + data + b"\r\n--" + edge + b"--\r\n"
        headers = {"Content-Type": f"multipart/form-data; boundary={edge.decode()}"}
        request = urllib.request.Request(address, body, headers, method="PUT")
        urllib.request.urlopen(request, timeout=ANSWER_S).close()

    def _until_shown(self, *, after: str) -> None:
        """Wait for a whole run of the page with another uploader.

        Each file gets a new one.
        """
        due = time.monotonic() + ANSWER_S
        while self._until("script_finished").script_finished != _SUCCESS or self._uploader == after:
            if time.monotonic() > due:
                raise InputError(f"the page does not show the file within {ANSWER_S:g} s")

    def _until(self, kind: str) -> Any:
        """Take messages up to one of this kind.

        The session and the place for uploads are noted on the way.
        """
        due = time.monotonic() + ANSWER_S
        while time.monotonic() < due:
            message = self._received.FromString(self._socket.recv(timeout=ANSWER_S))
            found = message.WhichOneof("type")
            if found == "new_session":
                self._session = message.new_session.initialize.session_id or self._session
            elif found == "delta" and message.delta.new_element.WhichOneof("type") == "file_uploader":
                self._uploader = message.delta.new_element.file_uploader.id
            if found == kind:
                return message
        raise InputError(f"the server gave no answer ({kind}) for {ANSWER_S:g} s")
