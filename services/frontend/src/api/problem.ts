/** What can go wrong with a request, as sentences that a person can act on. */

/** What is wrong with a part of a request. */
export interface Mistake {
  /** Where in the request, such as `body`, `output`, `name`. */
  where: (string | number)[];
  problem: string;
}

/** The API answered that it cannot do what was asked (RFC 9457). */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  readonly status: number;
  readonly detail: string;
  /** Seconds after which it is worth trying again, if the API says so. */
  readonly retryAfterS: number | undefined;
  /** What is wrong with the request, if it is not what the API's description says. */
  readonly mistakes: readonly Mistake[];

  constructor(status: number, detail: string, retryAfterS?: number, mistakes: readonly Mistake[] = []) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.retryAfterS = retryAfterS;
    this.mistakes = mistakes;
  }

  static async of(response: Response): Promise<ApiProblem> {
    const body: { detail?: unknown; errors?: unknown } = Object(await response.json().catch(() => null));
    const retryAfter = Number(response.headers.get("Retry-After"));
    const mistakes = Array.isArray(body.errors) ? (body.errors as Mistake[]) : [];
    return new ApiProblem(
      response.status,
      body.detail ? String(body.detail) : response.statusText,
      retryAfter || undefined,
      mistakes,
    );
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
