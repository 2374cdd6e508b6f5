"""Classification of provider failures: their kind, the provider's message, the address, and advice.

All knowledge of individual providers' errors is in this module. A failure is an exception of any client library,
possibly with the real reason in its cause or in the response body, or a body alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pydantic import ValidationError

from govsim.models.evidence import Evidence, evidence_of, without_credentials


class FailureKind(StrEnum):
    """Kinds of failures, as shown to users."""

    CONTEXT_TOO_LONG = "prompt too long"
    RATE_LIMIT = "rate limit"
    QUOTA = "quota exhausted"
    AUTHENTICATION = "key not accepted"
    PERMISSION = "not permitted"
    UNKNOWN_MODEL = "unknown model"
    WRONG_ADDRESS = "wrong address"
    REFUSED_PARAMETER = "parameter rejected"
    REFUSED_REQUEST = "request rejected"
    CONTENT_FILTER = "content filter"
    SERVER_ERROR = "server error"
    GARBLED = "unreadable response"
    CONNECTION_REFUSED = "connection refused"
    CONNECTION_LOST = "connection lost"
    NAME_NOT_FOUND = "host not found"
    TLS = "TLS error"
    PROXY = "proxy error"
    ILLEGAL_HEADER = "illegal header"
    MALFORMED_ADDRESS = "malformed address"
    TIMEOUT = "timeout"
    OTHER = "error"


_TRANSIENT = {
    *(
        FailureKind.RATE_LIMIT,
        FailureKind.SERVER_ERROR,
        FailureKind.GARBLED,
        FailureKind.CONNECTION_REFUSED,
        FailureKind.CONNECTION_LOST,
    ),
    *(FailureKind.NAME_NOT_FOUND, FailureKind.PROXY, FailureKind.TIMEOUT),
}
_LOCAL_RETRIES = 1
"""A refused connection to this machine is retried once: the server is either restarting or was never started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A provider's failure.

    Attributes:
        kind: the kind of failure.
        text: the message of the provider or network library; may contain secrets.
        address: the requested address, without credentials and query; None if unknown.
        to_do: advice to the user; None if there is none.
        status: the HTTP status code; None if there was no response.
        retry_after: seconds that the provider asks to wait; None if it does not.
    """

    kind: FailureKind
    text: str
    address: str | None = None
    to_do: str | None = None
    status: int | None = None
    retry_after: float | None = None

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed if it is sent again."""
        return self.kind in _TRANSIENT and self.status not in (407, 501)

    @property
    def cause(self) -> str:
        """The cause in two or three words, as in `429` or `connection refused`."""
        return str(self.status) if self.status is not None and self.status >= 400 else self.kind.value

    def retries(self, maximum: int) -> int:
        """Number of retries after this failure, if at most `maximum` are allowed."""
        if not self.may_pass:
            return 0
        return (
            min(maximum, _LOCAL_RETRIES) if self.kind is FailureKind.CONNECTION_REFUSED and self._is_local else maximum
        )

    def describe(self, *, attempts: int = 1) -> str:
        """Describe the failure in one line, without the name of the model."""
        tries = f" after {attempts} attempts" if attempts > 1 else ""
        status = str(self.status) if self.status is not None and self.status >= 400 else ""
        place = ", ".join(part for part in (status, self.address) if part)
        text = _SYSTEM_ERROR.sub("", " ".join(self.text.split())[:_MAX_TEXT_LENGTH])
        line = f"{self.kind.value}{tries}" + (f" ({place})" if place else "") + (f": {text}" if text else "")
        return f"{line.rstrip('.')}; {self.to_do}" if self.to_do else line

    @property
    def _is_local(self) -> bool:
        return is_this_machine(self.address)


_MAX_TEXT_LENGTH = 400

_SYSTEM_ERROR = re.compile(r"^\[Errno -?\d+\] (?:Connect call failed \(.*\)$)?")
"""Python's notation of an error of the operating system, whose kind and address are stated anyway."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern in the codes or text of a response that identifies a kind of failure, for certain status codes."""

    kind: FailureKind
    words: re.Pattern[str]
    statuses: frozenset[int | None] = frozenset()

    def fits(self, evidence: Evidence) -> bool:
        """Whether the rule applies to the failure."""
        is_status = not self.statuses or evidence.status in self.statuses
        return is_status and self.words.search(evidence.words) is not None


def _rule(kind: FailureKind, *words: str, statuses: tuple[int | None, ...] = ()) -> _Rule:
    return _Rule(kind, re.compile("|".join(words), re.IGNORECASE | re.DOTALL), frozenset(statuses))


_CONTEXT = r"context[ _](?:length|window|size|limit)"
_BAD_REQUEST = (None, 200, 400, 413, 422, 500)
_PARAMETER = (
    r"(?:temperature|top_[pk]|(?:max|maximum)_?(?:completion_|output_|new_)?tokens|seed|stop_sequences|"
    r"(?:presence|frequency)_penalty|reasoning_effort|enable_thinking|thinking|stream|num_ctx)"
)
_REFUSED = (
    r"(?:unsupported|not (?:be )?(?:support|allow|permit|compatib)\w*|unrecogni[sz]ed|unknown|unexpected|extra inputs|"
    r"deprecated|must be|cannot (?:both )?be|too (?:large|high|big|small|low)|out of range|less than or equal|"
    r"greater than or equal|only the default|maximum (?:allowed )?number of|at most|at least|invalid)"
)

_FORM = (
    r"(?:response[_ ]?(?:format|schema|json[_ ]?schema|mime[_ ]?type)|output_?format|output_config\.format|"
    r"text\.format|json[_ ]?schema|json[_ ]mode|structured[_ -]?outputs?|guided_json|\bgrammar\b)"
)
"""Names of the format of a reply."""

_RULES = (
    # A single request that exceeds the limit per minute never succeeds; a shorter prompt does.
    _rule(FailureKind.CONTEXT_TOO_LONG, r"request too large.{0,200}tokens per min", statuses=(413, 429)),
    _rule(FailureKind.QUOTA, r"resource_exhausted.*(?:\blimit: 0\b(?!\.)|per_?day)", statuses=(None, 200, 400, 429)),
    _rule(
        FailureKind.QUOTA,
        r"^(?!.*resource_exhausted).*exceeded your current quota",
        *(r"insufficient[_ -](?:quota|credit|balance|funds|account)", r"exceeded_current_quota", r"out of credits?"),
        *(r"credit balance is too low", r"requires? more credits", r"billing[_ ](?:hard[_ ]limit|not[_ ]active)"),
        *(
            r"(?:spend|spending|usage|billing|monthly) limit (?:\w+ ){0,2}(?:reach|exceed)",
            r"used all available credits",
        ),
        *(r"exceeded your monthly", r"payment[_ ]required", r"free-models-per-day", r"arrearage", r"no credits"),
        statuses=(None, 200, 400, 401, 402, 403, 429),
    ),
    _rule(FailureKind.QUOTA, r"", statuses=(402,)),
    _rule(
        FailureKind.RATE_LIMIT,
        *(r"rate[_ -]?limit", r"too many requests", r"throttl", r"(?:tokens?|requests?) per (?:min|hour|day|sec)"),
        statuses=(None, 200, 400, 403, 413, 503),
    ),
    _rule(FailureKind.RATE_LIMIT, r"", statuses=(429,)),
    _rule(
        FailureKind.CONTEXT_TOO_LONG,
        rf"(?:max(?:imum)?|model'?s?|available|configured|this|the)(?: allowed| input| model)? {_CONTEXT}",
        rf"{_CONTEXT}[ _](?:is )?(?:exceed|overflow|full)",
        rf"exceed\w*[ _](?:\S+ ){{0,4}}{_CONTEXT}",
        r"(?:longer|greater|larger) than (?:\S+ ){0,4}context|context (?:the )?overflows|with a larger context",
        r"(?:prompt|input|inputs|messages?|conversation) (?:is|are|was|were)? ?too (?:long|large)",
        r"reduce the (?:length|size|number of tokens) (?:of|in) (?:the|your) (?:\w+ )?(?:messages|prompt|inputs?)",
        r"input token count|maximum prompt length|exceeded model token limit|too many (?:input )?tokens|too many total",
        r"inputs?`? (?:must have less than|tokens \+)|tokens in request more than max|token limit exceeded",
        r"(?:input|prompt) (?:length|tokens?)\b.{0,80}(?:exceed|should be|longer|greater|larger)",
        r"(?:prompt|request) (?:contains|has) \d+ (?:input )?tokens|request exceeds the maximum size|request_too_large",
        r"tokens to keep from the initial prompt|(?:prompt|input) (?:was|has been|is) truncated",
        statuses=(*_BAD_REQUEST, 503),
    ),
    _rule(FailureKind.CONTEXT_TOO_LONG, r"", statuses=(413,)),
    _rule(
        FailureKind.REFUSED_PARAMETER,
        r"(?:system|developer)'? (?:role|message|prompt|instruction)s?\b.{0,40}(?:not |un)(?:support|enabl|allow)",
        r"(?:not support|unsupported|not allow|unexpected|invalid).{0,60}['\"`]?(?:system|developer)['\"`]?.{0,10}"
        r"(?:role|with|instruction|message)",
        r"only user and assistant roles|conversation roles must alternate|unexpected role ['\"`]?(?:system|developer)",
        rf"\b{_PARAMETER}\b.{{0,100}}{_REFUSED}|{_REFUSED}.{{0,60}}\b{_PARAMETER}\b",
        rf"\b{_PARAMETER}: \d+ > \d+",
        statuses=_BAD_REQUEST,
    ),
    _rule(
        FailureKind.REFUSED_PARAMETER,
        rf"{_FORM}.{{0,160}}(?:{_REFUSED}|unavailable|not enabled|only for)|{_REFUSED}.{{0,100}}{_FORM}",
        r"(?:fail|error|unable).{0,40}\bgrammar\b|failed to generate (?:valid )?json|json_validate_failed",
        statuses=(*_BAD_REQUEST, 404, 501),
    ),
    _rule(
        FailureKind.CONTENT_FILTER,
        *(r"content[_ ]?(?:filter|policy|management)", r"content filtering", r"responsibleai", r"guardrail"),
        *(
            r"flagged|requires moderation",
            r"prohibited_content",
            r"(?:blocked|safety) (?:by|for|due to|reason|setting)",
        ),
        *(r"data_inspection_failed|inappropriate content", r"violates? (?:our|the) (?:usage|content)"),
        statuses=(None, 200, 400, 403, 422, 451),
    ),
    _rule(
        FailureKind.AUTHENTICATION,
        *(r"(?:invalid|incorrect|missing|no|malformed)[_ ](?:x-)?api[_ -]?key", r"authentication[_ ]error"),
        *(r"api[_ ]key (?:not valid|expired|is invalid|not found)", r"\bunauthenticated\b", r"no auth credentials"),
        *(r"unrecognizedclient|invalidsignature|expiredtoken",),
        statuses=(None, 200, 400, 403),
    ),
    _rule(FailureKind.AUTHENTICATION, r"", statuses=(401,)),
    _rule(
        FailureKind.UNKNOWN_MODEL,
        r"model_?not_?found|unknown_?model|invalid[_ ]model|model_?decommissioned|deploymentnotfound",
        r"no endpoints found|\bmodels?\b.{0,120}(?:does not exist|decommission)",
        r"\bmodels?\b.{0,120}not (?:be )?(?:found|exist|available|supported|served|loaded)",
        r"(?:not a valid|no such|unknown|unsupported|try pulling)\b.{0,30}\bmodel|not_found_error.{0,40}\bmodel",
        statuses=(None, 200, 400, 403, 404, 422),
    ),
    _rule(FailureKind.PERMISSION, r"", statuses=(403,)),
    _rule(FailureKind.PERMISSION, r"permission[_ ]?(?:denied|error)|access[_ ]?denied", statuses=(None, 200, 400)),
    _rule(FailureKind.WRONG_ADDRESS, r"", statuses=(301, 302, 303, 307, 308, 404, 405)),
    _rule(
        FailureKind.SERVER_ERROR,
        r"overloaded|(?:internal|server|api)[_ ]?(?:server[_ ]?)?error|unavailable|bad gateway|time[d_ -]*out",
        r"try again|capacity|provider returned error|warming up|is loading|finish_reason: error",
        statuses=(None, 200),
    ),
)
"""Rules in order of precedence; the first that applies determines the kind."""


def failure_of(error: object, model: str = "", address: str | None = None) -> Failure:
    """Classify a failure.

    Args:
        error: an exception of any library, or the body of a response.
        model: name of the model that was asked, as in `ollama/llama3.2`.
        address: the requested address, used if the error does not contain it.
    """
    evidence = evidence_of(error)
    if evidence.address is None and address:
        evidence = replace(evidence, address=without_credentials(address))
    kind = _kind(evidence)
    return Failure(
        kind=kind,
        text=evidence.text,
        address=evidence.address,
        to_do=_to_do(kind, evidence, model),
        status=evidence.status,
        retry_after=evidence.retry_after,
    )


def is_this_machine(address: str | None) -> bool:
    """Whether a URL refers to this machine: `localhost`, a loopback address, or the address of all interfaces."""
    try:
        host = urlsplit(address or "").hostname or ""
    except ValueError:
        return False
    return host in ("localhost", "0.0.0.0", "::1", "::") or host.startswith("127.") or host.endswith(".localhost")


def _kind(evidence: Evidence) -> FailureKind:
    if evidence.status is None and not evidence.has_body and (kind := _kind_of_network(evidence)) is not None:
        return kind
    if (found := _max_tokens_failure(evidence)) is not None:
        return found
    for rule in _RULES:
        if rule.fits(evidence):
            return rule.kind
    return _kind_of_status(evidence)


def _kind_of_status(evidence: Evidence) -> FailureKind:
    status = evidence.status
    if status is None:
        return FailureKind.GARBLED if evidence.has(*_GARBLED) else FailureKind.OTHER
    if status in (408, 409, 425) or status >= 500:
        return FailureKind.SERVER_ERROR
    return FailureKind.REFUSED_REQUEST if status >= 400 else FailureKind.GARBLED


_GARBLED = (
    *(json.JSONDecodeError, UnicodeDecodeError, ValidationError, AttributeError, KeyError, IndexError, TypeError),
    *("APIResponseValidationError", "AssertionError"),
)
"""Errors that client libraries raise if a response has an unexpected format."""

_NETWORK: tuple[tuple[FailureKind, tuple[type[BaseException] | str, ...], str], ...] = (
    (FailureKind.MALFORMED_ADDRESS, ("UnsupportedProtocol", "InvalidURL", "LocationParseError"), ""),
    (FailureKind.MALFORMED_ADDRESS, (), r"request url is missing|invalid port|unsupported url scheme"),
    (FailureKind.ILLEGAL_HEADER, (UnicodeEncodeError,), ""),
    (FailureKind.ILLEGAL_HEADER, (), r"illegal header|invalid header value"),
    (FailureKind.PROXY, ("ProxyError", "ClientProxyConnectionError", "ClientHttpProxyError"), ""),
    (FailureKind.CONNECTION_LOST, ("SSLEOFError", "SSLZeroReturnError"), ""),
    (FailureKind.TLS, ("SSLError", "SSLCertVerificationError", "ClientConnectorCertificateError"), ""),
    (FailureKind.TLS, (), r"\[ssl[:\]]|certificate verify failed|wrong version number"),
    (FailureKind.NAME_NOT_FOUND, ("gaierror", "ClientConnectorDNSError"), ""),
    (
        FailureKind.NAME_NOT_FOUND,
        (),
        r"name or service not known|nodename nor servname|name resolution|getaddrinfo failed",
    ),
    (FailureKind.CONNECTION_REFUSED, (ConnectionRefusedError,), ""),
    (FailureKind.CONNECTION_REFUSED, (), r"connection refused|\berrno 111\b|actively refused it"),
    (
        FailureKind.TIMEOUT,
        (TimeoutError, "TimeoutException", "APITimeoutError", "ReadTimeoutError", "ConnectTimeoutError"),
        "",
    ),
    (
        FailureKind.CONNECTION_LOST,
        (ConnectionError, "TransportError", "APIConnectionError", "ClientConnectionError", "EndpointConnectionError"),
        "",
    ),
)
"""Failures without a response, by the class of an exception (by name for those of libraries) or by a pattern."""


def _kind_of_network(evidence: Evidence) -> FailureKind | None:
    for kind, classes, words in _NETWORK:
        if evidence.has(*classes) or (words and re.search(words, evidence.words, re.IGNORECASE)):
            is_proxy = kind in (FailureKind.CONNECTION_REFUSED, FailureKind.NAME_NOT_FOUND) and _proxy_of(
                evidence.address
            )
            return FailureKind.PROXY if is_proxy else kind
    return None


def _max_tokens_failure(evidence: Evidence) -> FailureKind | None:
    """Kind of a rejected `max_tokens`: it is at fault only if it exceeds the context by itself, without the prompt."""
    found = re.search(
        r"max\w*_tokens'? is too large: (\d+).*context length (?:is|of) (\d+)", evidence.words, re.IGNORECASE
    )
    if found is None:
        return None
    return FailureKind.REFUSED_PARAMETER if int(found[1]) >= int(found[2]) else FailureKind.CONTEXT_TOO_LONG


def _proxy_of(address: str | None) -> str | None:
    """The proxy for requests to an address; None if they are sent directly."""
    parts = urlsplit(address or "")
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if proxy and parts.hostname and not proxy_bypass(parts.hostname) else None


_TO_START = {
    "ollama": "start Ollama with `ollama serve`, or correct its address (OLLAMA_BASE_URL or --base-url)",
    "vllm": "start the server with `vllm serve MODEL`, or correct its address (VLLM_BASE_URL or --base-url)",
    "sglang": "start the server with `python -m sglang.launch_server --model-path MODEL`, or correct its address "
    "(SGLANG_BASE_URL or --base-url)",
    "lmstudio": "start the server in LM Studio with `lms server start`",
    "llama-cpp": "start the server with `llama-server -m MODEL.gguf`",
}

_HINTS = {
    FailureKind.CONTEXT_TOO_LONG: (
        "set models.context to the model's context length, or lower models.sampling.max_tokens"
    ),
    FailureKind.RATE_LIMIT: "lower --connections or --parallel, or raise execution.retries",
    FailureKind.QUOTA: (
        "add credit or raise the limit in the provider's account, then run the same command again to resume"
    ),
    FailureKind.AUTHENTICATION: "check the provider's key in the environment",
    FailureKind.PERMISSION: "check the permissions of the key and the account",
    FailureKind.UNKNOWN_MODEL: "check the model's name with the provider",
    FailureKind.WRONG_ADDRESS: "check the base URL; for OpenAI-compatible servers it ends in /v1",
    FailureKind.GARBLED: "if the error persists, check the base URL; for OpenAI-compatible servers it ends in /v1",
    FailureKind.TLS: (
        "check whether the address must begin with http:// or https://, and the certificate (SSL_CERT_FILE)"
    ),
    FailureKind.PROXY: "check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or list the host in NO_PROXY",
    FailureKind.ILLEGAL_HEADER: "check the key in the environment for spaces, line breaks and non-ASCII characters",
    FailureKind.MALFORMED_ADDRESS: "a base URL looks like http://localhost:8000/v1",
    FailureKind.NAME_NOT_FOUND: "check the host in the base URL, and the network",
    FailureKind.TIMEOUT: "raise execution.timeout, or lower --connections",
}

_PARAMETERS = (
    (
        rf"{_FORM}|generate (?:valid )?json|json_validate",
        "set models.replies=text, as this model or server does not support schemas for replies",
    ),
    (r"system|developer|conversation roles|user and assistant roles", "set models.system_role=user"),
    (r"temperature", "set models.sampling.temperature=null to leave it to the provider"),
    (r"top_p", "set models.sampling.top_p=null to leave it to the provider"),
    (r"max\w*_?tokens", "lower models.sampling.max_tokens, or set it to null to leave it to the provider"),
    (r"seed", "set models.sampling.seed=null to leave it to the provider"),
    (r"reasoning_effort|thinking", "set models.sampling.reasoning_effort=null to leave it to the provider"),
)


def _to_do(kind: FailureKind, evidence: Evidence, model: str) -> str | None:
    if kind is FailureKind.CONNECTION_REFUSED:
        return _to_start(evidence.address, model)
    if kind is FailureKind.REFUSED_PARAMETER:
        places = (evidence.parameter or "", evidence.words)
        found = (hint for words in places for name, hint in _PARAMETERS if re.search(name, words, re.IGNORECASE))
        return next(found, None)
    if kind is FailureKind.UNKNOWN_MODEL and model.startswith("ollama/"):
        return f"check the model's name, or download it with `ollama pull {model.removeprefix('ollama/')}`"
    return _HINTS.get(kind)


def _to_start(address: str | None, model: str) -> str:
    if not is_this_machine(address):
        return "check the address, and that its server is running"
    name = next(_services(model), None)
    return _TO_START[name] if name else "no server is listening there; start the server, or correct the base URL"


def _services(model: str) -> Iterator[str]:
    provider, _, rest = model.partition("/")
    service = rest.partition("/")[0] if provider == "openai-api" else provider
    plain = re.sub(r"[-_.]", "", service.lower())
    return (name for name in _TO_START if name.replace("-", "") == plain)
