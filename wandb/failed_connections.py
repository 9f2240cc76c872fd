"""Why a request got no answer, in words that give nothing away."""

from __future__ import annotations

_MOST_TEXT = 200  # what does not speak HTTP is quoted


def reason_of(cause: object) -> str:
    """The innermost reason of a failed connection, in few words.

    No address: those of proxies have passwords, those of storage signatures.
    """
    by_proxy = False
    for _ in range(20):
        by_proxy = by_proxy or type(cause).__name__ == "ProxyError"
        links = [getattr(cause, name, None) for name in ("__cause__", "__context__", "reason")]
        inner = [link for link in links if isinstance(link, BaseException)]
        if not inner:
            break
        cause = inner[0]
    text = (str(getattr(cause, "strerror", None) or cause) or type(cause).__name__)[:_MOST_TEXT]
    distrust = getattr(cause, "verify_message", "")  # of ssl.SSLCertVerificationError
    if distrust:
        text = f"its certificate is not trusted: {distrust}; WANDB_CA_BUNDLE can name a CA's file, as can SSL_CERT_FILE"
    elif getattr(cause, "reason", "") == "WRONG_VERSION_NUMBER":
        text = "it does not speak TLS; with http:// it may be the right address"
    return f"by the proxy: {text}" if by_proxy else text
