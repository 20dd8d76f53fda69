"""Transport: how msal reaches Entra. Every call has a deadline, and only the cloud's own login host is called."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import requests

from bot.config.cloud import Cloud
from bot.config.outgoing import certificates, via

DEADLINE: Final = 5.0  # seconds, to connect and between two pieces of the answer
POOL: Final = 16  # as many threads as may ask at once


def authority(cloud: Cloud, tenant: str) -> str:
    """Return the tenant's authority as msal wants it: always https; build msal with `instance_discovery=False`."""
    return secured(cloud, cloud.authority(tenant))


def secured(cloud: Cloud, text: str) -> str:
    """Rewrite a loopback cloud's plain http addresses to the https ones msal insists on; others stay as they are."""
    plain, secure = _origins(cloud)
    return text.replace(f"{plain}/", f"{secure}/") if plain else text


def plain(cloud: Cloud, text: str) -> str:
    """Undo `secured`: what msal says, as addresses that can be called."""
    origin, secure = _origins(cloud)
    return text.replace(f"{secure}/", f"{origin}/") if origin else text


def _origins(cloud: Cloud) -> tuple[str, str]:
    parts = urlsplit(cloud.login)
    return (f"http://{parts.netloc}", f"https://{parts.netloc}") if parts.scheme == "http" else ("", "")


class Response:
    """An answer as msal reads it; on a loopback cloud its addresses are made https again."""

    __slots__ = ("_raw", "headers", "status_code", "text")

    def __init__(self, raw: requests.Response, text: str) -> None:
        self._raw = raw
        self.status_code = raw.status_code
        self.headers = raw.headers
        self.text = text

    def raise_for_status(self) -> None:
        self._raw.raise_for_status()


class Transport:
    """The `http_client` of msal, on one pooled session. Raises `requests.RequestException`.

    The interface is msal's: https://msal-python.readthedocs.io/en/latest/#msal.ClientApplication.params.http_client
    """

    def __init__(self, cloud: Cloud, *, deadline: float = DEADLINE) -> None:
        self._cloud = cloud
        self._deadline = deadline
        self._session = requests.Session()
        self._session.trust_env = False  # a netrc would put a password of its own beside the app's
        self._session.verify = certificates()
        adapter = requests.adapters.HTTPAdapter(pool_connections=2, pool_maxsize=POOL, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # Entra's cookies would tie calls for different people together
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get(self, url: str, **kwargs: Any) -> Response:
        return self._call("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Response:
        return self._call("POST", url, **kwargs)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, url: str, **kwargs: Any) -> Response:
        target = plain(self._cloud, url)
        if urlsplit(target)[:2] != urlsplit(self._cloud.login)[:2]:
            raise requests.exceptions.InvalidURL("Entra named an address that is not the cloud's")
        headers = {"client-request-id": str(uuid4()), **(kwargs.pop("headers", None) or {})}
        kwargs["timeout"] = self._deadline
        proxy = via(target)
        kwargs["proxies"] = {urlsplit(target).scheme: proxy} if proxy else {}
        raw = self._session.request(method, target, headers=headers, allow_redirects=False, **kwargs)
        return Response(raw, secured(self._cloud, raw.text))
