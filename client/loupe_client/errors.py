"""Everything that the client raises on purpose.

ApiError
├── Unreachable          no answer came, or not all of it; its cause says why
├── StrangeAnswer        an answer that this version of the client does not understand
├── ChangesMissed        a stream was away for too long: ask for the list again
├── UploadFailed         a picture could not be read or stored; its cause says why
└── Refused              an answer that is an error; has title, detail and status
    ├── Invalid          the request is not what the API's description says (400, 413, 422)
    ├── NotAllowed       the caller is not known, or may not do this (401, 403)
    ├── NotFound         there is no such thing, or not yet (404)
    ├── Conflict         things are not as the request supposes (409)
    │   └── Replaced     the picture is another one by now (409, 412)
    └── Unavailable      too often, or a part does not answer, also when asked again (429, 502, 503, 504)
"""

import httpx2
from pydantic import BaseModel, ValidationError

from loupe_shared.errors import LoupeError

PROBLEM_TYPE = "application/problem+json"

# Storage says there what is wrong, in one word.
STORAGE_ERROR = "x-ms-error-code"


class ApiError(LoupeError):
    """Root of every error that the client raises on purpose."""


class Unreachable(ApiError):
    """No answer came, or not all of it."""


class StrangeAnswer(ApiError):
    """An answer that this version of the client does not understand."""


class ChangesMissed(ApiError):
    """More has happened than a stream can tell: ask for the list again, then for what is next."""


class UploadFailed(ApiError):
    """A picture could not be read, or did not reach storage.

    Attributes:
        blob: its name.
    """

    def __init__(self, blob: str, cause: ApiError | OSError) -> None:
        super().__init__(f"{blob} could not be uploaded: {cause}")
        self.blob = blob


class Refused(ApiError):
    """An answer that is an error (RFC 9457).

    Attributes:
        title: what kind of error it is.
        detail: what is wrong, or what to do.
        status: of HTTP.
    """

    def __init__(self, title: str, detail: str, status: int) -> None:
        super().__init__(f"{status}: {detail or title}")
        self.title = title
        self.detail = detail
        self.status = status


class Invalid(Refused):
    """The request is not what the API's description says."""


class NotAllowed(Refused):
    """The caller is not known, or may not do this."""


class NotFound(Refused):
    """There is no such thing, or not yet."""


class Conflict(Refused):
    """Things are not as the request supposes: a job has ended already, or another one does the same."""


class Replaced(Conflict):
    """The picture is another one by now than the one that was looked at."""


class Unavailable(Refused):
    """Asked too often, or a part that is needed does not answer. The same may succeed later."""


_BY_STATUS: dict[int, type[Refused]] = {
    **dict.fromkeys((400, 413, 422), Invalid),
    **dict.fromkeys((401, 403), NotAllowed),
    404: NotFound,
    409: Conflict,
    412: Replaced,
    **dict.fromkeys((429, 502, 503, 504), Unavailable),
}


class _Problem(BaseModel):
    title: str
    detail: str


def refusal(response: httpx2.Response) -> Refused:
    """The error that an answer is, which need not be Loupe's own: storage and proxies refuse, too."""
    try:
        problem = _Problem.model_validate_json(response.content)
    except ValidationError:
        problem = _Problem(title=response.reason_phrase, detail=response.headers.get(STORAGE_ERROR, ""))
    return _BY_STATUS.get(response.status_code, Refused)(problem.title, problem.detail, response.status_code)
