"""Be a browser's session to a started server, for uploads."""

from __future__ import annotations

import importlib
import time
import urllib.parse
import urllib.request
from types import TracebackType
from typing import Any

from ..types import InputError

ANSWER_S = 120.0
AGAIN_S = 0.3  # between two looks at a page whose work runs


class PageClient:
    """Hold a session; the messages are those that the server's own package defines."""

    def __init__(self, port: int) -> None:
        self.address = f"localhost:{port}"
        # By name, as nothing here draws: it is what the started server already needs.
        self._sent: Any = importlib.import_module("streamlit.proto.BackMsg_pb2").BackMsg
        self._received: Any = importlib.import_module("streamlit.proto.ForwardMsg_pb2").ForwardMsg
        client: Any = importlib.import_module("websockets.sync.client")
        self._socket = client.connect(
            f"ws://{self.address}/_stcore/stream",
            origin=f"http://{self.address}",
            subprotocols=["streamlit"],
            max_size=None,
            proxy=None,
        )
        self._session = self._uploader = ""
        self._state: Any = None
        self._name, self._shown = b"", True  # of the file uploaded last, and whether the page has it open

    def __enter__(self) -> PageClient:
        self.rerun()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def rerun(self) -> None:
        """Run the page again with its widgets as they are, to its end."""
        message = self._sent()
        message.rerun_script.query_string = ""
        if self._state is not None:
            message.rerun_script.widget_states.CopyFrom(self._state)
        self._socket.send(message.SerializeToString())
        self._until("script_finished")

    def upload(self, name: str, data: bytes) -> None:
        """Upload a file, and run the page until it shows it."""
        message = self._sent()
        asked = message.file_urls_request
        asked.request_id, asked.session_id = name, self._session
        asked.file_names.append(name)
        self._socket.send(message.SerializeToString())
        (urls,) = self._until("file_urls_response").file_urls_response.file_urls
        self._put(urllib.parse.urljoin(f"http://{self.address}", urls.upload_url), name, data)
        state = type(message.rerun_script.widget_states)()
        widget = state.widgets.add()
        widget.id = self._uploader
        info = widget.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(data), urls.file_id
        info.file_urls.CopyFrom(urls)
        self._state, self._name, self._shown = state, name.encode(), False
        due = time.monotonic() + ANSWER_S
        self.rerun()
        while not self._shown:
            if time.monotonic() > due:
                raise RuntimeError(f"the page does not show {name}")
            time.sleep(AGAIN_S)
            self.rerun()

    def _put(self, address: str, name: str, data: bytes) -> None:
        edge = b"----prosopon"
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
        body = b"--" + edge + b"\r\n" + head.encode() + data + b"\r\n--" + edge + b"--\r\n"
        headers = {"Content-Type": f"multipart/form-data; boundary={edge.decode()}"}
        request = urllib.request.Request(address, body, headers, method="PUT")
        urllib.request.urlopen(request, timeout=ANSWER_S).close()

    def _until(self, kind: str) -> Any:
        """Take messages up to one of this kind.

        The session and the upload's widget are noted on the way.
        """
        due = time.monotonic() + ANSWER_S
        while time.monotonic() < due:
            data = self._socket.recv(timeout=ANSWER_S)
            message = self._received.FromString(data)
            found = message.WhichOneof("type")
            if found == "new_session":
                self._session = message.new_session.initialize.session_id or self._session
            elif found == "delta" and message.delta.new_element.WhichOneof("type") == "file_uploader":
                self._uploader = message.delta.new_element.file_uploader.id
            elif found == "delta" and self._name and self._name in data and b"Opening" not in data:
                self._shown = True
            if found == kind:
                return message
        raise InputError(f"the server gave no answer ({kind}) for {ANSWER_S:g} s")
