"""HubSpot's own client library, as far as we use it: sign-in, connections, the wire.

Its retries are off: they cannot tell the limit of ten seconds from the daily one, sleep as long as they are told, and leave POST out
unless asked. Every answer, an error too, is read here within a time as a whole (urllib3 limits the silence between two pieces only),
and the token taken out of it before anybody reads it. Leaves out what is done when a call fails (``session.py``).
"""

from __future__ import annotations

import time
from typing import Any

from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from leadq.foundation.installed.extras import install_words
from leadq.foundation.problems import ConfigError, Problem

try:
    from hubspot import HubSpot
    from hubspot.crm.objects.exceptions import ApiException
except ImportError:  # it comes with the extra
    HubSpot, ApiException = None, OSError

__all__ = ["ApiException", "TooLateError", "api_client"]

_NO_RETRIES = Retry(total=0, raise_on_redirect=False, raise_on_status=False, respect_retry_after_header=False)
_PIECE = 65_536


class TooLateError(HTTPError):
    """An answer was not whole when its time was over."""


class _Pool:
    """The connections of a client, which hand out whole answers."""

    def __init__(self, pool: Any, access_token: str, *, whole_seconds: float) -> None:
        self._pool = pool
        self._token = access_token.encode()
        self._whole_seconds = whole_seconds

    def request(self, method: str, url: str, **settings: Any) -> HTTPResponse:
        """Make a call; the client asks its pool for nothing else."""
        answer = self._pool.request(method, url, **settings)
        body = self._read(answer).replace(self._token, b"***")
        return HTTPResponse(body=body, headers=answer.headers, status=answer.status, reason=answer.reason)

    def _read(self, answer: HTTPResponse) -> bytes:
        end = time.monotonic() + self._whole_seconds
        pieces = []
        while piece := answer.read1(_PIECE):
            pieces.append(piece)
            if time.monotonic() > end:
                answer.close()
                raise TooLateError(f"incomplete after {self._whole_seconds:g} s")
        answer.release_conn()
        return b"".join(pieces)


def api_client(access_token: str, *, host: str, whole_seconds: float) -> Any:
    """Return one client with its pool of connections; ``host`` is HubSpot's own where empty.

    Raises
    ------
    ConfigError
        The extra is not installed.
    """
    if HubSpot is None:
        remedy = install_words("hubspot")
        raise ConfigError(Problem(where="hubspot", rule="needs the extra hubspot of leadq", remedy=remedy))
    client = HubSpot(access_token=access_token, host=host or None, retry=_NO_RETRIES)
    api = client.crm.objects.basic_api.api_client
    api.rest_client.pool_manager = _Pool(api.rest_client.pool_manager, access_token, whole_seconds=whole_seconds)
    return api
