/**
 * How this page says who asks: with an API key, or with an access token of Entra ID.
 *
 * A key lives as long as the tab, and no other page can read it; the security policy lets no foreign script run here.
 */

import type { UserManager } from "oidc-client-ts";

const KEY = "loupe.api-key";

let users: UserManager | null = null;
let said = false;
let refused = false;
const listeners = new Set<() => void>();

/** The value of the header `Authorization`, unless nobody has signed in. */
export async function authorization(): Promise<string | null> {
  const key = sessionStorage.getItem(KEY);
  const user = key ? null : await users?.getUser();
  const token = key ?? (user && !user.expired ? user.access_token : null);
  said = token !== null;
  return token === null ? null : `Bearer ${token}`;
}

/** Sign in with an API key. */
export function signInWithKey(key: string): void {
  sessionStorage.setItem(KEY, key.trim());
  change(false);
}

/** Ask Entra ID's users from now on. Whoever was signed in still is. */
export function signInWith(manager: UserManager): void {
  users = manager;
  change(false);
}

/** Forget who has signed in. */
export async function signOut(): Promise<void> {
  sessionStorage.removeItem(KEY);
  await users?.removeUser();
  change(false);
}

/** The API wants to know who asks, and has not accepted what this page said, if it said anything. */
export function refuse(): void {
  sessionStorage.removeItem(KEY);
  if (said) change(true);
}

/** Whether the API has refused what was said last. */
export function wasRefused(): boolean {
  return refused;
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(isRefused: boolean): void {
  refused = isRefused;
  for (const listener of listeners) listener();
}
