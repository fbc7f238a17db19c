/** Signing in with Entra ID: OpenID Connect, authorization code with PKCE (RFC 7636), tokens kept in this tab. */

import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { Schemas } from "../api/client";
import { signInWith } from "./credentials";

type Entra = Schemas["EntraSignIn"];

/** Where people come back to. It must be among the redirect addresses of the registration. */
const RETURN_PATH = "/signed-in";

let manager: UserManager | null = null;

/** Go on with whoever has signed in in this tab, also just now. */
export async function resume(entra: Entra): Promise<void> {
  const users = managerOf(entra);
  if (location.pathname === RETURN_PATH) {
    const user = await users.signinCallback().catch(() => undefined);
    const target = typeof user?.state === "string" ? user.state : "/";
    history.replaceState(null, "", target);
  }
  signInWith(users);
}

/** Leave this page for Entra ID's. It leads back to where one was. */
export async function leaveForEntra(entra: Entra): Promise<void> {
  await managerOf(entra).signinRedirect({ state: location.pathname + location.search });
}

function managerOf(entra: Entra): UserManager {
  manager ??= new UserManager({
    authority: entra.authority,
    client_id: entra.client_id,
    redirect_uri: location.origin + RETURN_PATH,
    scope: `openid profile offline_access ${entra.scope}`,
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: true,
  });
  return manager;
}
