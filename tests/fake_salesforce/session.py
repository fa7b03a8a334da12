"""How a client reaches the fake without knowing: every https address of its session leads there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter


class ToTheFake(HTTPAdapter):
    """Sends any address to the fake, with a timeout where the caller sets none.

    Parameters
    ----------
    address : str
        Of the fake, such as ``http://127.0.0.1:8080``.
    timeout : float
        Seconds; simple-salesforce sets none.
    """

    def __init__(self, address: str, timeout: float = 10.0) -> None:
        super().__init__()
        self._fake = urlsplit(address)
        self._timeout = timeout

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request to the fake, whatever host it names."""
        wanted = urlsplit(str(request.url))
        request.url = urlunsplit((self._fake.scheme, self._fake.netloc, wanted.path, wanted.query, ""))
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout
        return super().send(request, *args, **kwargs)


def session_to(address: str, *, timeout: float = 10.0) -> requests.Session:
    """Return a session whose every https address leads to the fake at ``address``."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", ToTheFake(address, timeout))
    return session
