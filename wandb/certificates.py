"""Whose certificates are trusted, by everything of ours that speaks TLS: requests to servers, and to storage.

Those of the file or folder that WANDB_CA_BUNDLE names, and nobody else's. Without it, those that requests trusts
(REQUESTS_CA_BUNDLE, or the authorities that it brings), and besides them the system's, or those of SSL_CERT_FILE and
SSL_CERT_DIR: other programs of a company's machine do with these.
"""

from __future__ import annotations

import os
from functools import lru_cache

from wandb.errors import CommError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext
    from typing import Any, MutableMapping

VARIABLE = "WANDB_CA_BUNDLE"


def verification(insecure: bool) -> bool | str:
    """What requests takes as `verify`, to be given with each request: only there it wins over REQUESTS_CA_BUNDLE.

    Raises CommError if the variable names nothing that holds a certificate.
    """
    path = os.environ.get(VARIABLE)
    if insecure or not path:
        return not insecure
    return _checked(path)


def make_absolute(environment: MutableMapping[str, str]) -> None:
    """Have a path of the variable mean the same in a process with another working folder."""
    if environment.get(VARIABLE):
        environment[VARIABLE] = os.path.abspath(environment[VARIABLE])


def system_authorities() -> SSLContext | None:
    """The context for `adapter`; None if the variable leaves nothing to the system. May be shared."""
    if os.environ.get(VARIABLE):
        return None
    from urllib3.util.ssl_ import create_urllib3_context

    context: SSLContext = create_urllib3_context()  # the standard library's own refuses addresses in older urllib3
    context.load_default_certs()
    return context


def adapter(context: SSLContext | None, **more: Any) -> Any:
    """An adapter of requests that trusts the authorities of a context besides those of `verify`."""
    from requests.adapters import HTTPAdapter

    if context is None:
        return HTTPAdapter(**more)

    class Trusting(HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options, ssl_context=context)

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            return super().proxy_manager_for(proxy, **options, ssl_context=context)

    return Trusting(**more)


@lru_cache(maxsize=None)
def _checked(path: str) -> str:
    """The path, if certificates are there; what is wrong is not remembered, and may be mended."""
    from ssl import PROTOCOL_TLS_CLIENT, SSLContext, SSLError

    try:
        if os.path.isdir(path):
            os.listdir(path)  # OpenSSL looks into it when it needs one
        else:
            SSLContext(PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except SSLError as error:
        raise CommError(f"{VARIABLE} names {path}, which holds no certificate in the form PEM.", error) from error
    except OSError as error:
        raise CommError(f"{VARIABLE} names {path}, which can't be read: {error.strerror}.", error) from error
    return path
