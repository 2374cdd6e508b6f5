"""Bodies of failed responses, as sent by providers, and their classification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from govsim.models.failures import FailureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A failed response.

    Attributes:
        name: provider and cause.
        status: the status code.
        body: the body: an object that is sent as JSON, or a text.
        kind: the expected kind of failure.
        text: a part of the provider's message, which must be kept.
        to_do: a part of the expected advice.
        client: the client library that receives it.
        html: whether it is an HTML page.
    """

    name: str
    status: int
    body: Any
    kind: FailureKind
    text: str
    to_do: str = ""
    client: str = "openai"
    html: bool = False


def _openai(
    message: str, code: str | None = None, kind: str = "invalid_request_error", param: str | None = None
) -> Any:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _anthropic(kind: str, message: str) -> Any:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def _google(code: int, status: str, message: str, *details: Any) -> Any:
    return [{"error": {"code": code, "message": message, "status": status, "details": list(details)}}]


LONG = FailureKind.CONTEXT_TOO_LONG
_SHORTER = "models.context"

TOO_LONG = (
    Case(
        name="OpenAI",
        status=400,
        body=_openai(
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
            "context_length_exceeded",
            param="messages",
        ),
        kind=LONG,
        text="your messages resulted in 9000 tokens",
    ),
    Case(
        name="OpenAI, responses",
        status=400,
        body=_openai("Your input exceeds the context window of this model. Please adjust your input and try again."),
        kind=LONG,
        text="exceeds the context window",
    ),
    Case(
        name="Azure",
        status=400,
        body=_openai(
            "This model's maximum context length is 16385 tokens, however you requested 17000 tokens (16900 in your "
            "prompt; 100 for the completion). Please reduce your prompt; or completion length."
        ),
        kind=LONG,
        text="16385",
    ),
    Case(
        name="Anthropic",
        status=400,
        body=_anthropic("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
        kind=LONG,
        text="208310",
        client="anthropic",
    ),
    Case(
        name="Anthropic, with the reply",
        status=400,
        body=_anthropic(
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or "
            "`max_tokens` and try again",
        ),
        kind=LONG,
        text="190000 + 20000",
        client="anthropic",
    ),
    Case(
        name="Anthropic, bytes",
        status=413,
        body=_anthropic("request_too_large", "Request exceeds the maximum size"),
        kind=LONG,
        text="maximum size",
        client="anthropic",
    ),
    Case(
        name="Gemini",
        status=400,
        body=_google(
            400,
            "INVALID_ARGUMENT",
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        ),
        kind=LONG,
        text="1200000",
        client="httpx",
    ),
    Case(
        name="Vertex",
        status=400,
        body=_google(
            400,
            "INVALID_ARGUMENT",
            "Unable to submit request because the input token count is 40000 but model only supports up to 32768.",
        )[0],
        kind=LONG,
        text="40000",
        client="httpx",
    ),
    Case(
        name="Bedrock",
        status=400,
        body={"Code": "ValidationException", "Message": "Input is too long for requested model."},
        kind=LONG,
        text="Input is too long",
        client="boto",
    ),
    Case(
        name="Mistral",
        status=400,
        body={
            "object": "error",
            "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum "
            "context length",
            "type": "invalid_request_error",
            "code": "3051",
        },
        kind=LONG,
        text="40000",
    ),
    Case(
        name="Cohere",
        status=400,
        body={"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000."},
        kind=LONG,
        text="received 5000",
        client="httpx",
    ),
    Case(
        name="Groq",
        status=400,
        body=_openai("Please reduce the length of the messages or completion.", "context_length_exceeded"),
        kind=LONG,
        text="reduce the length",
    ),
    Case(
        name="Groq, more than a minute may take",
        status=413,
        body=_openai(
            "Request too large for model `llama-3.1-8b-instant` in organization `org_1` on tokens per minute (TPM): "
            "Limit 6000, Requested 7000, please reduce your message size and try again.",
            "rate_limit_exceeded",
            "tokens",
        ),
        kind=LONG,
        text="Requested 7000",
    ),
    Case(
        name="Together",
        status=422,
        body=_openai(
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens "
            "and 512 `max_new_tokens`"
        ),
        kind=LONG,
        text="9000 `inputs`",
    ),
    Case(
        name="Fireworks",
        status=400,
        body={
            "error": {"object": "error", "message": "The prompt is too long: 9001, model maximum context length: 8191"}
        },
        kind=LONG,
        text="9001",
    ),
    Case(
        name="DeepSeek",
        status=400,
        body=_openai(
            "This model's maximum context length is 65536 tokens. However, you requested 72814 tokens (68718 in the "
            "messages, 4096 in the completion). Please reduce the length of the messages or completion.",
            "invalid_request_error",
        ),
        kind=LONG,
        text="72814",
    ),
    Case(
        name="xAI",
        status=400,
        body={
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
        },
        kind=LONG,
        text="140000",
    ),
    Case(
        name="Moonshot",
        status=400,
        body=_openai("Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)"),
        kind=LONG,
        text="requested: 9000",
    ),
    Case(
        name="OpenRouter",
        status=400,
        body={
            "error": {
                "message": "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 "
                "tokens (8500 of text input, 500 in the output). Please reduce the length of either one.",
                "code": 400,
            }
        },
        kind=LONG,
        text="about 9000",
    ),
    Case(
        name="OpenRouter, the provider's own words",
        status=400,
        body={
            "error": {
                "message": "Provider returned error",
                "code": 400,
                "metadata": {"raw": '{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}'},
            }
        },
        kind=LONG,
        text="prompt is too long: 9 tokens",
    ),
    Case(
        name="Perplexity",
        status=400,
        body=_openai("Requested tokens exceed the context length of the model: 130000 > 127072", kind="bad_request"),
        kind=LONG,
        text="130000",
    ),
    Case(
        name="vLLM, old",
        status=400,
        body={
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (904 in "
            "the messages, 4096 in the completion). Please reduce the length of the messages or completion.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        kind=LONG,
        text="5000",
    ),
    Case(
        name="vLLM, new",
        status=400,
        body=_openai(
            "'max_tokens' or 'max_completion_tokens' is too large: 1024. This model's maximum context length is 4096 "
            "tokens and your request has 3500 input tokens (1024 > 4096 - 3500).",
            kind="BadRequestError",
        ),
        kind=LONG,
        text="3500 input tokens",
    ),
    Case(
        name="vLLM, input alone",
        status=400,
        body=_openai(
            "You passed 5001 input tokens and requested 1 output tokens. However, the model's context length is only "
            "4096 tokens, resulting in a maximum input length of 4095 tokens. Please reduce the length of the input "
            "prompt."
        ),
        kind=LONG,
        text="5001",
    ),
    Case(
        name="SGLang",
        status=400,
        body={
            "object": "error",
            "message": "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
            "type": "BadRequestError",
            "code": 400,
        },
        kind=LONG,
        text="9000",
    ),
    Case(
        name="TGI",
        status=422,
        body={
            "error": "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
            "error_type": "validation",
        },
        kind=LONG,
        text="Given: 2000",
    ),
    Case(
        name="LM Studio",
        status=400,
        body={
            "error": "The number of tokens to keep from the initial prompt is greater than the context length. Try to "
            "load the model with a larger context length, or provide a shorter input"
        },
        kind=LONG,
        text="greater than the context length",
    ),
    Case(
        name="LM Studio, when loaded with a small context",
        status=400,
        body={
            "error": "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded "
            "with context length of only 4096 tokens, which is not enough."
        },
        kind=LONG,
        text="only 4096 tokens",
    ),
    Case(
        name="HF inference",
        status=400,
        body={"error": "Input is too long for this model, shorten your input or use 'truncation'."},
        kind=LONG,
        text="shorten your input",
    ),
    Case(
        name="HF inference, a bare string",
        status=422,
        body="Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
        kind=LONG,
        text="Given: 5000",
    ),
    Case(
        name="llama.cpp",
        status=500,
        body={
            "error": {
                "code": 500,
                "message": "the request exceeds the available context size. try increasing the context size or enable "
                "context shift",
                "type": "server_error",
            }
        },
        kind=LONG,
        text="available context size",
    ),
    Case(
        name="llama.cpp, new",
        status=400,
        body={
            "error": {
                "code": 400,
                "message": "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 5000,
                "n_ctx": 4096,
            }
        },
        kind=LONG,
        text="5000 tokens",
    ),
    Case(
        name="Ollama",
        status=500,
        body={"error": {"message": "prompt too long; exceeded max context length by 12 tokens", "type": "api_error"}},
        kind=LONG,
        text="by 12 tokens",
    ),
    Case(
        name="Ollama, truncation",
        status=500,
        body={"error": "the input length exceeds the context length"},
        kind=LONG,
        text="input length exceeds",
    ),
    Case(
        name="LiteLLM",
        status=400,
        body=_openai(
            "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: "
            "OpenAIException - This model's maximum context length is 8192 tokens.",
            "400",
        ),
        kind=LONG,
        text="ContextWindowExceededError",
    ),
    Case(
        name="a proxy in between",
        status=413,
        body="<html><h1>413 Payload Too Large</h1></html>",
        kind=LONG,
        text="Payload",
        html=True,
    ),
)

OTHERS = (
    Case(
        name="OpenAI, a minute's tokens",
        status=429,
        body=_openai(
            "Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000, "
            "Requested 2000. Please try again in 2s.",
            "rate_limit_exceeded",
            "tokens",
        ),
        kind=FailureKind.RATE_LIMIT,
        text="Used 29000",
        to_do="--connections",
    ),
    Case(
        name="too many tokens in a minute are no long prompt",
        status=429,
        body={"error": {"message": "rate limit: too many tokens per minute"}},
        kind=FailureKind.RATE_LIMIT,
        text="too many tokens",
    ),
    Case(
        name="Bedrock, throttled",
        status=400,
        body={"Code": "ThrottlingException", "Message": "Too many tokens, please wait before trying again."},
        kind=FailureKind.RATE_LIMIT,
        text="please wait",
        client="boto",
    ),
    Case(
        name="Anthropic, rate",
        status=429,
        body=_anthropic("rate_limit_error", "This request would exceed your organization's rate limit."),
        kind=FailureKind.RATE_LIMIT,
        text="organization's rate limit",
        client="anthropic",
    ),
    Case(
        name="Gemini, rate",
        status=429,
        body=_google(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: "
            "generate_content_free_tier_requests, limit: 15. Please retry in 32.8s.",
            {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "32s"},
        ),
        kind=FailureKind.RATE_LIMIT,
        text="limit: 15",
        client="httpx",
    ),
    Case(
        name="Gemini, no quota at all",
        status=429,
        body=_google(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota. Quota exceeded for metric: generate_content_free_tier_requests, limit: 0",
        ),
        kind=FailureKind.QUOTA,
        text="limit: 0",
        to_do="add credit",
        client="httpx",
    ),
    Case(
        name="Gemini, a day's quota",
        status=429,
        body=_google(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, limit: 50",
            {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
        ),
        kind=FailureKind.QUOTA,
        text="limit: 50",
        client="httpx",
    ),
    Case(
        name="OpenAI, quota",
        status=429,
        body=_openai(
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
            "insufficient_quota",
        ),
        kind=FailureKind.QUOTA,
        text="billing details",
        to_do="add credit",
    ),
    Case(
        name="Anthropic, quota",
        status=400,
        body=_anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        kind=FailureKind.QUOTA,
        text="credit balance",
        client="anthropic",
    ),
    Case(
        name="OpenRouter, quota",
        status=402,
        body={"error": {"message": "This request requires more credits, or fewer max_tokens.", "code": 402}},
        kind=FailureKind.QUOTA,
        text="more credits",
    ),
    Case(
        name="DeepSeek, quota",
        status=402,
        body=_openai("Insufficient Balance", "invalid_request_error", "unknown_error"),
        kind=FailureKind.QUOTA,
        text="Insufficient Balance",
    ),
    Case(
        name="Moonshot, quota",
        status=429,
        body=_openai("Your account is not active", kind="exceeded_current_quota_error"),
        kind=FailureKind.QUOTA,
        text="not active",
    ),
    Case(
        name="OpenRouter, free models",
        status=429,
        body={"error": {"message": "Rate limit exceeded: free-models-per-day. Add 10 credits.", "code": 429}},
        kind=FailureKind.QUOTA,
        text="free-models-per-day",
    ),
    Case(
        name="OpenAI, key",
        status=401,
        body=_openai("Incorrect API key provided: sk-x.", "invalid_api_key"),
        kind=FailureKind.AUTHENTICATION,
        text="Incorrect API key",
        to_do="key in the environment",
    ),
    Case(
        name="Anthropic, key",
        status=401,
        body=_anthropic("authentication_error", "invalid x-api-key"),
        kind=FailureKind.AUTHENTICATION,
        text="invalid x-api-key",
        client="anthropic",
    ),
    Case(
        name="Gemini, key",
        status=400,
        body=_google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
        kind=FailureKind.AUTHENTICATION,
        text="API key not valid",
        client="httpx",
    ),
    Case(
        name="a key that may not read long prompts",
        status=401,
        body=_openai("prompt is too long for your plan"),
        kind=FailureKind.AUTHENTICATION,
        text="your plan",
    ),
    Case(
        name="OpenAI, country",
        status=403,
        body=_openai("Country, region, or territory not supported", "unsupported_country_region_territory"),
        kind=FailureKind.PERMISSION,
        text="territory",
        to_do="permissions of the key",
    ),
    Case(
        name="Anthropic, permission",
        status=403,
        body=_anthropic("permission_error", "Your API key does not have permission to use the specified resource."),
        kind=FailureKind.PERMISSION,
        text="specified resource",
        client="anthropic",
    ),
    Case(
        name="OpenAI, model",
        status=404,
        body=_openai("The model `gpt-9` does not exist or you do not have access to it.", "model_not_found"),
        kind=FailureKind.UNKNOWN_MODEL,
        text="gpt-9",
        to_do="model's name",
    ),
    Case(
        name="Anthropic, model",
        status=404,
        body=_anthropic("not_found_error", "model: claude-9"),
        kind=FailureKind.UNKNOWN_MODEL,
        text="claude-9",
        client="anthropic",
    ),
    Case(
        name="Ollama, model",
        status=404,
        body=_openai('model "llama3.2" not found, try pulling it first', kind="api_error"),
        kind=FailureKind.UNKNOWN_MODEL,
        text="try pulling",
        to_do="ollama pull llama3.2",
    ),
    Case(
        name="OpenRouter, model",
        status=400,
        body={"error": {"message": "nobody/nothing is not a valid model ID", "code": 400}},
        kind=FailureKind.UNKNOWN_MODEL,
        text="nobody/nothing",
    ),
    Case(
        name="vLLM, model",
        status=404,
        body={"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404},
        kind=FailureKind.UNKNOWN_MODEL,
        text="does not exist",
    ),
    Case(
        name="no such path",
        status=404,
        body={"detail": "Not Found"},
        kind=FailureKind.WRONG_ADDRESS,
        text="Not Found",
        to_do="ends in /v1",
    ),
    Case(
        name="no such page",
        status=404,
        body="404 page not found",
        kind=FailureKind.WRONG_ADDRESS,
        text="page not found",
    ),
    Case(
        name="OpenAI, temperature",
        status=400,
        body=_openai(
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
            "supported.",
            "unsupported_value",
            param="temperature",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="Only the default",
        to_do="models.sampling.temperature=null",
    ),
    Case(
        name="Anthropic, temperature and top_p",
        status=400,
        body=_anthropic("invalid_request_error", "`temperature` and `top_p` cannot both be specified for this model."),
        kind=FailureKind.REFUSED_PARAMETER,
        text="cannot both",
        to_do="models.sampling.temperature=null",
        client="anthropic",
    ),
    Case(
        name="TGI, temperature",
        status=422,
        body={"error": "Input validation error: `temperature` must be strictly positive", "error_type": "validation"},
        kind=FailureKind.REFUSED_PARAMETER,
        text="strictly positive",
        to_do="models.sampling.temperature=null",
    ),
    Case(
        name="OpenAI, max_tokens",
        status=400,
        body=_openai(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            "unsupported_parameter",
            param="max_tokens",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="max_completion_tokens",
        to_do="models.sampling.max_tokens",
    ),
    Case(
        name="OpenAI, too many tokens to write",
        status=400,
        body=_openai(
            "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you "
            "provided 100000.",
            "invalid_value",
            param="max_tokens",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="16384",
        to_do="models.sampling.max_tokens",
    ),
    Case(
        name="Anthropic, too many tokens to write",
        status=400,
        body=_anthropic(
            "invalid_request_error",
            "max_tokens: 9000 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="9000 > 4096",
        to_do="models.sampling.max_tokens",
        client="anthropic",
    ),
    Case(
        name="vLLM, a reply that fills the context",
        status=400,
        body=_openai(
            "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 4096 "
            "tokens and your request has 300 input tokens (4096 > 4096 - 300).",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="300 input tokens",
        to_do="models.sampling.max_tokens",
    ),
    Case(
        name="Perplexity, too few tokens to write",
        status=400,
        body=_openai("max_tokens must be at least 16 for sonar.", kind="invalid_parameter"),
        kind=FailureKind.REFUSED_PARAMETER,
        text="at least 16",
        to_do="models.sampling.max_tokens",
    ),
    Case(
        name="Mistral, seed",
        status=422,
        body={"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs: seed"}]},
        kind=FailureKind.REFUSED_PARAMETER,
        text="Extra inputs",
        to_do="models.sampling.seed=null",
    ),
    Case(
        name="Gemma, system role",
        status=400,
        body=_openai("System role not supported", kind="BadRequestError"),
        kind=FailureKind.REFUSED_PARAMETER,
        text="System role",
        to_do="models.system_role=user",
    ),
    Case(
        name="Gemini API's Gemma, system role",
        status=400,
        body=_google(400, "INVALID_ARGUMENT", "Developer instruction is not enabled for models/gemma-3-27b-it"),
        kind=FailureKind.REFUSED_PARAMETER,
        text="Developer instruction",
        to_do="models.system_role=user",
        client="httpx",
    ),
    Case(
        name="o1, system role",
        status=400,
        body=_openai(
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
            "unsupported_value",
            param="messages[0].role",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="does not support 'system'",
        to_do="models.system_role=user",
    ),
    Case(
        name="a chat template, system role",
        status=500,
        body={"error": {"code": 500, "message": "Conversation roles must alternate user/assistant/user/assistant/..."}},
        kind=FailureKind.REFUSED_PARAMETER,
        text="must alternate",
        to_do="models.system_role=user",
    ),
    Case(
        name="OpenAI, schema",
        status=400,
        body=_openai(
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
            param="response_format",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="not supported with this model",
        to_do="set models.replies=text",
    ),
    Case(
        name="OpenAI, a part of a schema",
        status=400,
        body=_openai(
            "Invalid schema for response_format 'reply': In context=('properties', 'Answer'), 'minimum' is not "
            "permitted.",
            param="response_format",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="In context",
        to_do="set models.replies=text",
    ),
    Case(
        name="Responses, schema",
        status=400,
        body=_openai(
            "Invalid parameter: 'text.format' of type 'json_schema' is not supported with this model.",
            param="text.format",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="text.format",
        to_do="set models.replies=text",
    ),
    Case(
        name="Groq, schema",
        status=400,
        body=_openai("This model does not support response format `json_schema`. See the supported models."),
        kind=FailureKind.REFUSED_PARAMETER,
        text="does not support response format",
        to_do="set models.replies=text",
    ),
    Case(
        name="Groq, no JSON",
        status=400,
        body=_openai(
            "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
            "json_validate_failed",
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="Failed to generate JSON",
        to_do="set models.replies=text",
    ),
    Case(
        name="DeepSeek, schema",
        status=400,
        body=_openai("This response_format type is unavailable now"),
        kind=FailureKind.REFUSED_PARAMETER,
        text="unavailable now",
        to_do="set models.replies=text",
    ),
    Case(
        name="Azure, an old version",
        status=400,
        body=_openai(
            "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"
        ),
        kind=FailureKind.REFUSED_PARAMETER,
        text="only for api versions",
        to_do="set models.replies=text",
    ),
    Case(
        name="LM Studio, form",
        status=400,
        body={"error": "'response_format.type' must be 'json_schema' or 'text'"},
        kind=FailureKind.REFUSED_PARAMETER,
        text="must be 'json_schema'",
        to_do="set models.replies=text",
    ),
    Case(
        name="OpenRouter, schema",
        status=404,
        body=_openai("No endpoints found that support the requested response_format: json_schema is unsupported"),
        kind=FailureKind.REFUSED_PARAMETER,
        text="No endpoints found",
        to_do="set models.replies=text",
    ),
    Case(
        name="llama.cpp, grammar",
        status=400,
        body={
            "error": {
                "code": 400,
                "message": "Failed to initialize samplers: failed to parse grammar",
                "type": "invalid_request_error",
            }
        },
        kind=FailureKind.REFUSED_PARAMETER,
        text="failed to parse grammar",
        to_do="set models.replies=text",
    ),
    Case(
        name="vLLM, grammar",
        status=400,
        body={
            "object": "error",
            "message": "The provided JSON schema contains features not supported by xgrammar.",
            "code": 400,
        },
        kind=FailureKind.REFUSED_PARAMETER,
        text="features not supported",
        to_do="set models.replies=text",
    ),
    Case(
        name="Anthropic, schema",
        status=400,
        body=_anthropic("invalid_request_error", "output_format: Extra inputs are not permitted"),
        kind=FailureKind.REFUSED_PARAMETER,
        text="output_format",
        to_do="set models.replies=text",
        client="anthropic",
    ),
    Case(
        name="Anthropic, model without schemas",
        status=400,
        body=_anthropic("invalid_request_error", "'claude-3-haiku-20240307' does not support structured outputs."),
        kind=FailureKind.REFUSED_PARAMETER,
        text="structured outputs",
        to_do="set models.replies=text",
        client="anthropic",
    ),
    Case(
        name="Gemini API's Gemma, JSON",
        status=400,
        body=_google(400, "INVALID_ARGUMENT", "JSON mode is not enabled for models/gemma-3-27b-it"),
        kind=FailureKind.REFUSED_PARAMETER,
        text="JSON mode is not enabled",
        to_do="set models.replies=text",
        client="httpx",
    ),
    Case(
        name="Azure, filter",
        status=400,
        body=_openai(
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            "content_filter",
        ),
        kind=FailureKind.CONTENT_FILTER,
        text="content management policy",
    ),
    Case(
        name="OpenRouter, moderation",
        status=403,
        body={"error": {"code": 403, "message": "Your input was flagged", "metadata": {"reasons": ["violence"]}}},
        kind=FailureKind.CONTENT_FILTER,
        text="flagged",
    ),
    Case(
        name="a filter that a society's own words name is none",
        status=422,
        body={
            "detail": [{"msg": "Field required", "loc": ["body", "x"], "input": "The quota and context window size"}]
        },
        kind=FailureKind.REFUSED_REQUEST,
        text="Field required",
    ),
    Case(
        name="Anthropic, overloaded",
        status=529,
        body=_anthropic("overloaded_error", "Overloaded"),
        kind=FailureKind.SERVER_ERROR,
        text="Overloaded",
        client="anthropic",
    ),
    Case(
        name="OpenAI, server",
        status=500,
        body=_openai("The server had an error while processing your request.", kind="server_error"),
        kind=FailureKind.SERVER_ERROR,
        text="had an error",
    ),
    Case(
        name="Cloudflare",
        status=502,
        body="<!DOCTYPE html><html><head><title>lab.example | 502: Bad gateway</title><style>p{}</style></head>"
        "<body><h1>Bad gateway</h1><script>var x</script><p>The web server reported an error.</p></body></html>",
        kind=FailureKind.SERVER_ERROR,
        text="The web server reported an error",
        html=True,
    ),
    Case(
        name="nginx",
        status=504,
        body="<html><h1>504 Gateway Time-out</h1></html>",
        kind=FailureKind.SERVER_ERROR,
        text="504",
        html=True,
    ),
    Case(
        name="llama.cpp, loading",
        status=503,
        body={"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        kind=FailureKind.SERVER_ERROR,
        text="Loading model",
    ),
    Case(
        name="OpenAI, a form that is wrong",
        status=400,
        body=_openai("We could not parse the JSON body of your request."),
        kind=FailureKind.REFUSED_REQUEST,
        text="could not parse",
    ),
    Case(
        name="httpx, nothing said",
        status=503,
        body="",
        kind=FailureKind.SERVER_ERROR,
        text="503",
        client="httpx",
    ),
)

INSIDE = (
    Case(
        name="OpenRouter, rate",
        status=200,
        body={"error": {"code": 429, "message": "Rate limit exceeded, wait"}},
        kind=FailureKind.RATE_LIMIT,
        text="Rate limit exceeded",
    ),
    Case(
        name="OpenRouter, upstream",
        status=200,
        body={"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": "upstream is down"}}},
        kind=FailureKind.SERVER_ERROR,
        text="upstream is down",
    ),
    Case(
        name="an error in the choice",
        status=200,
        body={
            "choices": [
                {
                    "finish_reason": "error",
                    "error": {"code": 503, "message": "worker lost"},
                    "message": {"role": "assistant", "content": ""},
                }
            ]
        },
        kind=FailureKind.SERVER_ERROR,
        text="worker lost",
    ),
    Case(
        name="finish_reason error",
        status=200,
        body={"choices": [{"finish_reason": "error", "message": {"role": "assistant", "content": ""}}]},
        kind=FailureKind.SERVER_ERROR,
        text="finish_reason: error",
    ),
    Case(
        name="half a text, then an error",
        status=200,
        body={"choices": [{"finish_reason": "error", "message": {"role": "assistant", "content": "Answer: 1"}}]},
        kind=FailureKind.SERVER_ERROR,
        text="finish_reason: error",
    ),
    Case(
        name="no choices",
        status=200,
        body={"id": "x", "choices": []},
        kind=FailureKind.GARBLED,
        text="",
    ),
    Case(
        name="no content",
        status=200,
        body={"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": None}}]},
        kind=FailureKind.GARBLED,
        text="no content",
    ),
    Case(
        name="no content and no reason",
        status=200,
        body={"choices": [{"finish_reason": None, "message": {"role": "assistant", "content": ""}}]},
        kind=FailureKind.GARBLED,
        text="finish_reason",
    ),
    Case(
        name="a page",
        status=200,
        body="<html><body><h1>Sign in to the lab</h1></body></html>",
        kind=FailureKind.GARBLED,
        text="Sign in to the lab",
        to_do="base URL",
        html=True,
    ),
    Case(
        name="a bare string",
        status=200,
        body='"worker is unavailable"',
        kind=FailureKind.SERVER_ERROR,
        text="unavailable",
    ),
    Case(name="nothing", status=200, body="", kind=FailureKind.GARBLED, text="empty"),
    Case(
        name="quota in a 200",
        status=200,
        body={"error": {"code": "insufficient_quota", "message": "no quota left"}},
        kind=FailureKind.QUOTA,
        text="no quota left",
    ),
    Case(
        name="a long prompt in a 200",
        status=200,
        body={"error": "Trying to keep the first 5000 tokens when the context overflows: context length exceeded"},
        kind=LONG,
        text="5000 tokens",
    ),
    Case(
        name="Anthropic's form in a 200",
        status=200,
        body=_anthropic("overloaded_error", "Overloaded"),
        kind=FailureKind.SERVER_ERROR,
        text="Overloaded",
    ),
)
