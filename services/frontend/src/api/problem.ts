/** What can go wrong with a request, as sentences that a person can act on. */

/** The API answered that it cannot do what was asked (RFC 9457). */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  readonly status: number;
  readonly detail: string;
  /** Seconds after which it is worth trying again, if the API says so. */
  readonly retryAfterS: number | undefined;

  constructor(status: number, detail: string, retryAfterS?: number) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.retryAfterS = retryAfterS;
  }

  static async of(response: Response): Promise<ApiProblem> {
    const body: unknown = await response.json().catch(() => null);
    const detail = typeof body === "object" && body !== null && "detail" in body ? String(body.detail) : "";
    const retryAfter = Number(response.headers.get("Retry-After"));
    return new ApiProblem(response.status, detail || response.statusText, retryAfter || undefined);
  }
}

/** Nobody answered: the service is down, or the network is. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export const NOT_FOUND = 404;
export const CONFLICT = 409;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const TOO_MANY = 429;
const UNAVAILABLE = 503;

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === UNAUTHORIZED;
}

/** Whether the same request may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.status === TOO_MANY || error.status === UNAVAILABLE;
  return error instanceof Unreachable;
}

/** What happened and what to do, in a sentence or two. */
export function sentence(error: unknown): string {
  if (error instanceof Unreachable) {
    return "Loupe does not answer. Check your connection, and that the service runs; this page tries again by itself.";
  }
  if (error instanceof ApiProblem) {
    switch (error.status) {
      case UNAUTHORIZED:
        return "You are signed out, because your key or sign-in is not accepted any more. Sign in again.";
      case FORBIDDEN:
        return `You may not do this: ${error.detail}. Ask whoever runs Loupe for the scope.`;
      case TOO_MANY:
        return `Too many requests at once: try again in ${error.retryAfterS ?? "a few"} seconds.`;
      case UNAVAILABLE:
        return `A part of Loupe does not answer: ${error.detail}`;
      default:
        return `${capitalized(error.detail)}.`.replace(/\.\.$/, ".");
    }
  }
  return `Something unexpected happened on this page: ${error instanceof Error ? error.message : String(error)}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
